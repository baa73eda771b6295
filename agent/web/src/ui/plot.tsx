import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { Link } from 'wouter-preact'
import { formatNumber, locale, t } from '../i18n'
import { formatInstant, formatTime } from '../lib/time'

export interface Series {
  label: string
  values: (number | null)[]
}

interface Props {
  label: string // read out in the place of the picture
  times: number[] // seconds since 1970
  series: Series[]
}

const height = 220
// There are no halves of an entry.
const wholeSteps = [1, 2, 5]
  .flatMap((n) => [1, 10, 100, 1e3, 1e4, 1e5].map((ten) => n * ten))
  .sort((a, b) => a - b)
const strokes = ['--accent', '--warn', '--ok', '--danger']

function colour(name: string): string {
  // A canvas knows no light-dark(): a real element resolves it.
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

// Steps over time: what holds until the next release does not change in between.
export function Plot({ label, times, series }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const language = locale.value
  useEffect(() => {
    const element = box.current
    if (!element) return
    const axis = { stroke: colour('--ink-2'), grid: { stroke: colour('--line'), width: 1 } }
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { drag: { x: true, y: false } },
        scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
        axes: [
          { ...axis, space: 90, values: (_, splits) => splits.map((at) => formatTime(at)) },
          {
            ...axis,
            size: 60,
            incrs: wholeSteps,
            values: (_, splits) => splits.map((n) => formatNumber(n)),
          },
        ],
        series: [
          {
            label: t('history.at'),
            value: (_, at) => (at ? formatInstant(new Date(at * 1000)) : '–'),
          },
          ...series.map((each, i) => ({
            label: each.label,
            stroke: colour(strokes[i % strokes.length] as string),
            width: 2,
            dash: i < strokes.length ? undefined : [6, 4],
            paths: uPlot.paths.stepped?.({ align: 1 }),
          })),
        ],
      },
      [times, ...series.map((each) => each.values)],
      element,
    )
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [times, series, language])
  return <div ref={box} class="plot" role="img" aria-label={label} />
}

interface Bar {
  label: string
  count: number
  href?: string
}

// Shares of a whole, as bars with their numbers: readable without the picture.
export function Bars({ bars }: { bars: Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.count))
  return (
    <ul class="bars">
      {bars.map((bar) => (
        <li key={bar.label}>
          <span>{bar.href ? <Link href={bar.href}>{bar.label}</Link> : bar.label}</span>
          <span class="track" aria-hidden="true">
            <i style={{ width: `${(100 * bar.count) / most}%` }} />
          </span>
          <span class="number">{formatNumber(bar.count)}</span>
        </li>
      ))}
    </ul>
  )
}
