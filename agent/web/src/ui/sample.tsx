import type { Proposal } from '#api'
import { formatNumber, t, tCode } from '../i18n'
import { Meter } from './parts'

// The first few of what an act would be about, and how many more there are.
export function Sample({ proposals, total }: { proposals: Proposal[]; total: bigint }) {
  const more = total - BigInt(proposals.length)
  return (
    <>
      <ul class="sample">
        {proposals.map((proposal) => (
          <li key={String(proposal.id)}>
            <span class="mono">{proposal.defanged}</span>
            <span class="quiet small">{tCode('kind', proposal.kind)}</span>
            <Meter percent={proposal.confidence} />
          </li>
        ))}
      </ul>
      {more > 0n && <p class="quiet small">{t('bulk.more', { n: formatNumber(more) })}</p>}
    </>
  )
}
