import { Link } from 'wouter-preact'
import type { Presence } from '#api'
import { t } from '../../i18n'

// Who else is at the queue now, each with a link to what they have before them.
export function Others({ others }: { others: Presence[] }) {
  if (others.length === 0) return null
  return (
    <p class="small quiet row" role="status">
      {t('queue.others')}
      {others.map(({ name, filter }) => (
        <Link key={name} href={filter ? `/queue?filter=${encodeURIComponent(filter)}` : '/queue'}>
          {name} <code>{filter || t('bulk.all')}</code>
        </Link>
      ))}
    </p>
  )
}
