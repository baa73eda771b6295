import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'preact/hooks'
import type { Claim, Presence, Proposal } from '#api'
import { formatNumber, t, tCode } from '../../i18n'
import { Badge, Meter, Time } from '../../ui/parts'
import { clientsOf } from '../../ui/traffic'
import type { QueueRows } from './use_queue'

const rowHeight = 58

interface Props {
  queue: QueueRows
  current: number // index
  marked: ReadonlySet<bigint>
  others: Presence[]
  claims: ReadonlyMap<bigint, Claim>
  onCurrent: (index: number, open: boolean) => void
  onMark: (proposal: Proposal, range: boolean) => void
}

// Only the rows in sight are in the document. A listbox: arrows move, Space marks, Enter opens.
export function QueueList({ queue, current, marked, others, claims, onCurrent, onMark }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: queue.rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0

  useEffect(() => {
    if (lastShown >= queue.rows.length - 40) queue.loadMore()
  }, [lastShown, queue.rows.length, queue.loadMore])
  useEffect(() => virtual.scrollToIndex(current), [current])

  const onKeyDown = (event: KeyboardEvent) => {
    const row = queue.rows[current]
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1)
    const target = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: queue.rows.length - 1,
    }[event.key]
    if (target !== undefined) onCurrent(target, false)
    else if (event.key === ' ' && row) onMark(row, event.shiftKey)
    else if (event.key === 'Enter') onCurrent(current, true)
    else return
    event.preventDefault()
  }

  return (
    <div
      ref={box}
      class="queue-list"
      role="listbox"
      tabIndex={0}
      aria-label={t('queue.list')}
      aria-multiselectable="true"
      aria-activedescendant={queue.rows[current] ? `row-${queue.rows[current].id}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div class="all" role="presentation" style={{ height: `${virtual.getTotalSize()}px` }}>
        {items.map(({ index, start }) => {
          const row = queue.rows[index]
          if (!row) return null
          return (
            <Row
              key={String(row.id)}
              row={row}
              start={start}
              index={index}
              total={queue.total}
              isCurrent={index === current}
              isMarked={marked.has(row.id)}
              owner={claims.get(row.id)?.name}
              lookers={others.filter((other) => other.id === row.id).map((other) => other.name)}
              onCurrent={onCurrent}
              onMark={onMark}
            />
          )
        })}
      </div>
    </div>
  )
}

interface RowProps extends Pick<Props, 'onCurrent' | 'onMark'> {
  row: Proposal
  start: number
  index: number
  total: number
  isCurrent: boolean
  isMarked: boolean
  owner?: string // who else has claimed it
  lookers: string[]
}

function Row({
  row,
  start,
  index,
  total,
  isCurrent,
  isMarked,
  owner,
  lookers,
  onCurrent,
  onMark,
}: RowProps) {
  const newest = row.sources[0]
  const passers = lookers.filter((name) => name !== owner)
  const hits = row.sources
    .filter((source) => source.isDetection)
    .reduce((sum, source) => sum + source.sightings, 0)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant points here
    <div
      id={`row-${row.id}`}
      class={`queue-row ${isCurrent ? 'current' : ''} ${isMarked ? 'marked' : ''}`}
      role="option"
      aria-selected={isMarked}
      aria-setsize={total}
      aria-posinset={index + 1}
      style={{ transform: `translateY(${start}px)` }}
      onClick={(event) => {
        if (event.shiftKey || event.ctrlKey || event.metaKey) onMark(row, event.shiftKey)
        else onCurrent(index, true)
      }}
    >
      <span
        class="mark"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation()
          onMark(row, event.shiftKey)
        }}
      >
        <i />
      </span>
      <span class="indicator mono">{row.defanged}</span>
      <Meter percent={row.confidence} />
      <span class="about small">
        {owner && <Badge tone="warn">{t('queue.claimed', { who: owner })}</Badge>}
        {passers.length > 0 && (
          <Badge tone="accent">{t('queue.looking', { who: passers.join(', ') })}</Badge>
        )}
        <Badge>{tCode('kind', row.kind)}</Badge>
        {row.approversNeeded > 1 && (
          <Badge tone="warn">
            {t('queue.votes', { have: approvalsOf(row), need: row.approversNeeded })}
          </Badge>
        )}
        {hits > 0 && <Badge tone="danger">{t('queue.hits', { n: hits })}</Badge>}
        {row.traffic && row.traffic.clients > 0n && !row.traffic.counted && (
          <Badge>{t('traffic.clients', { n: clientsOf(row.traffic) })}</Badge>
        )}
        {newest?.threat && <span>{tCode('threat', newest.threat)}</span>}
        {newest?.malware && <strong>{newest.malware}</strong>}
        <span class="quiet feeds">{row.feeds.join(', ') || row.proposedBy}</span>
      </span>
      <span class="quiet small seen">
        <Time at={newest?.lastSeen ?? row.proposedAt} brief />
      </span>
    </div>
  )
}

export function approvalsOf(row: Proposal): string {
  return formatNumber(row.votes.filter((vote) => vote.verdict === 'approve').length)
}
