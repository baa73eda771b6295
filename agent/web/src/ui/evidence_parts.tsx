// Parts of evidence that the queue and the page that explains share.
import type { Block, Reason } from '#api'
import { t, tCode } from '../i18n'
import { agentText } from '../i18n/agent'
import { Badge, Time } from './parts'

export function ReasonList({ reasons }: { reasons: Reason[] }) {
  if (reasons.length === 0) return <p class="quiet">{t('reasons.none')}</p>
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.detail}`}>
          <strong>{tCode('reason', reason.code)}</strong>
          <span class="quiet">{agentText(reason.detail)}</span>
        </li>
      ))}
    </ul>
  )
}

export function BlockState({ block }: { block: Block }) {
  if (block.removedBecause) return <Badge>{t('block.ended')}</Badge>
  return block.addedRelease === 0n ? (
    <Badge tone="warn">{t('block.held')}</Badge>
  ) : (
    <Badge tone="danger">{t('block.inForce')}</Badge>
  )
}

export function BlockLine({ block }: { block: Block }) {
  return (
    <li class="stack tight">
      <span class="row">
        <BlockState block={block} />
        <code>{defang(block.indicator)}</code>
      </span>
      <span class="quiet small">
        {t('block.approved', { who: block.approvedBy.join(', ') })} <Time at={block.approvedAt} />.{' '}
        {t('block.reason', { reason: block.reason })}{' '}
        {block.removedBecause ? (
          t('block.removedBecause', { why: agentText(block.removedBecause) })
        ) : (
          <>
            {t('block.until')} <Time at={block.expiresAt} />
          </>
        )}
      </span>
    </li>
  )
}

// For texts that the agent sends canonical only. The dots of a path stay.
export function defang(indicator: string): string {
  const found = /^(http)(s?:\/\/)([^/?#]*)(.*)$/.exec(indicator)
  if (found) return `hxxp${found[2]}${found[3]?.replaceAll('.', '[.]')}${found[4]}`
  return indicator.replaceAll('.', '[.]')
}
