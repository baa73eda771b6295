import { Link } from 'wouter-preact'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { BlockLine, ReasonList } from '../../ui/evidence_parts'
import { Badge, ProblemBox } from '../../ui/parts'

// What to know before an answer: what blocks it, who approved that, and what the policy says.
export function Evidence({ id }: { id: bigint }) {
  const shown = useLoad((signal) => api.unblockRequests.getUnblockRequest({ id }, { signal }), [id])
  if (shown.problem) return <ProblemBox problem={shown.problem} retry={shown.reload} />
  const why = shown.data?.why
  if (!shown.data || !why) return <p role="status">{t('state.loading')}</p>
  const { blocks } = shown.data
  return (
    <div class="stack">
      <div class="row">
        <Badge tone={why.blocked ? 'danger' : 'ok'}>
          {t(why.blocked ? 'explain.blocked' : 'explain.notBlocked')}
        </Badge>
        <Link class="button" href={`/explain?q=${encodeURIComponent(why.indicator)}`}>
          {t('unblock.explain')}
        </Link>
      </div>
      <p>{agentText(why.summary)}</p>
      <section class="stack tight">
        <h3>{t('unblock.wouldGo')}</h3>
        {blocks.length === 0 && <p class="quiet">{t('unblock.wouldGo.none')}</p>}
        <ul class="earlier">
          {blocks.map((block) => (
            <BlockLine key={String(block.id)} block={block} />
          ))}
        </ul>
      </section>
      {why.proposals.map((proposal) => (
        <section key={String(proposal.id)} class="stack tight">
          <h3>{t('unblock.because', { what: proposal.defanged })}</h3>
          <ReasonList reasons={proposal.reasons} />
        </section>
      ))}
    </div>
  )
}
