// The small parts that every page is made of.
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Problem } from '../api/client'
import { formatNumber, t } from '../i18n'
import { agentText } from '../i18n/agent'
import { formatDistance, formatInstant, toDate } from '../lib/time'

export type Tone = '' | 'ok' | 'warn' | 'danger' | 'accent'

export function Badge({ tone = '', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>
}

// An instant with its zone, and how long ago; the exact ISO text when hovered.
export function Time({ at, brief = false }: { at?: Timestamp; brief?: boolean }) {
  if (!at) return <span class="quiet">–</span>
  const date = toDate(at)
  return (
    <time dateTime={date.toISOString()} title={brief ? formatInstant(date) : date.toISOString()}>
      {brief ? formatDistance(date) : `${formatInstant(date)} (${formatDistance(date)})`}
    </time>
  )
}

export function Meter({ percent }: { percent: number }) {
  return (
    <span class="meter">
      <span class="bar" aria-hidden="true">
        <i style={{ width: `${percent}%` }} />
      </span>
      {formatNumber(percent)}
    </span>
  )
}

export function ProblemBox({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="notice danger stack tight" role="alert">
      <strong>{problem.title}</strong>
      {problem.detail && <p class="quiet">{agentText(problem.detail)}</p>}
      {retry && (
        <div>
          <button type="button" onClick={retry}>
            {t('action.retry')}
          </button>
        </div>
      )}
    </div>
  )
}

// What to do next, where there is nothing to show.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty stack tight">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h1>{title}</h1>
      {children && <div class="row">{children}</div>}
    </header>
  )
}

interface FieldProps {
  label: string
  hint?: string
  problem?: string
  children: (props: {
    id: string
    'aria-describedby'?: string
    'aria-invalid'?: boolean
  }) => unknown
}

// A labelled control; its hint and its problem are read out with it.
export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId()
  const note = problem ?? hint
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {
        children({
          id,
          'aria-describedby': note ? `${id}-note` : undefined,
          'aria-invalid': problem ? true : undefined,
        }) as ComponentChildren
      }
      {note && (
        <span id={`${id}-note`} class={problem ? 'problem' : 'quiet small'}>
          {note}
        </span>
      )}
    </div>
  )
}

// A table without links or buttons, which keys have to be able to scroll.
export function PlainTable({ children }: { children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: for that reason
    <div class="table-box" tabIndex={0}>
      <table>{children}</table>
    </div>
  )
}
