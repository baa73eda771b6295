import type { Claim, Proposal } from '#api'
import { useLoad } from '../../api/load'
import { t, tCode, tn } from '../../i18n'
import { toHex } from '../../lib/bytes'
import { formatDuration } from '../../lib/time'
import { ReasonList } from '../../ui/evidence_parts'
import { Icon } from '../../ui/icon'
import { Badge, Meter, ProblemBox, Time } from '../../ui/parts'
import { showToast } from '../../ui/toasts'
import { TrafficFacts } from '../../ui/traffic'
import { evidenceOf } from './evidence_data'
import { EarlierDecisions, Opinions, Sources } from './evidence_sections'
import { approvalsOf } from './list'

// All that is known of a proposal. What feeds wrote is shown as text and never becomes a link.
export function Evidence({ proposal, claim }: { proposal: Proposal; claim?: Claim }) {
  const more = useLoad(() => evidenceOf(proposal), [toHex(proposal.digest), proposal.id])
  return (
    <article class="evidence stack">
      <header class="stack tight">
        <h2 class="indicator mono">{proposal.defanged}</h2>
        {claim && (
          <p class="notice warn">
            {t('queue.claimed', { who: claim.name })} · {t('evidence.claimedUntil')}{' '}
            <Time at={claim.until} />
          </p>
        )}
        <div class="row">
          <Badge>{tCode('kind', proposal.kind)}</Badge>
          {proposal.state !== 'pending' && <Badge>{tCode('state', proposal.state)}</Badge>}
          {proposal.approversNeeded > 1 && (
            <Badge tone="warn">
              {t('queue.votes', { have: approvalsOf(proposal), need: proposal.approversNeeded })}
            </Badge>
          )}
          <button
            type="button"
            class="plain small"
            onClick={async () => {
              await navigator.clipboard?.writeText(proposal.defanged)
              showToast({ text: t('evidence.copied') })
            }}
          >
            <Icon name="copy" />
            {t('evidence.copy')}
          </button>
        </div>
      </header>

      <Effect proposal={proposal} />

      {proposal.traffic && (
        <section class="stack tight">
          <h3>{t('evidence.traffic')}</h3>
          <TrafficFacts traffic={proposal.traffic} />
        </section>
      )}

      <section class="stack tight">
        <h3>{t('evidence.reasons')}</h3>
        <ReasonList reasons={proposal.reasons} />
      </section>

      {more.problem && <ProblemBox problem={more.problem} retry={more.reload} />}

      <section class="stack tight">
        <h3>{t('evidence.allowlist')}</h3>
        {more.data?.explained && more.data.explained.allowlist.length > 0 ? (
          <ReasonList reasons={more.data.explained.allowlist} />
        ) : (
          <p class="quiet">{more.data ? t('evidence.allowlist.none') : t('state.loading')}</p>
        )}
      </section>

      <section class="stack tight">
        <h3>
          {t('evidence.confidence')} <Meter percent={proposal.confidence} />
        </h3>
        {more.data?.explained && <Opinions explained={more.data.explained} />}
      </section>

      <section class="stack tight">
        <h3>{tn('evidence.sources', proposal.sourcesTotal)}</h3>
        <Sources proposal={proposal} />
      </section>

      <section class="stack tight">
        <h3>{t('evidence.earlier')}</h3>
        {more.data ? (
          <EarlierDecisions earlier={more.data.earlier} blocks={more.data.blocks} />
        ) : (
          <p class="quiet">{t('state.loading')}</p>
        )}
      </section>

      <details class="small">
        <summary>{t('evidence.technical')}</summary>
        <dl class="facts">
          <dt>{t('evidence.id')}</dt>
          <dd>{proposal.id.toString()}</dd>
          <dt>{t('evidence.digest')}</dt>
          <dd class="mono">{toHex(proposal.digest)}</dd>
          <dt>{t('evidence.policyVersion')}</dt>
          <dd>{proposal.policyVersion}</dd>
          <dt>{t('evidence.proposed')}</dt>
          <dd>
            {proposal.proposedBy}, <Time at={proposal.proposedAt} />
          </dd>
        </dl>
      </details>
    </article>
  )
}

// What approving would do.
function Effect({ proposal }: { proposal: Proposal }) {
  const goesNowhere = proposal.lists.length === 0
  return (
    <section class={`notice ${goesNowhere ? 'warn' : ''}`}>
      <dl class="facts">
        <dt>{t('evidence.scope')}</dt>
        <dd>{tCode('scope', proposal.kind)}</dd>
        <dt>{t('evidence.devices')}</dt>
        <dd>
          {goesNowhere
            ? t('evidence.devices.none')
            : t('evidence.devices.value', {
                lists: proposal.lists.join(', '),
                devices: proposal.enforcedBy.join(', '),
              })}
        </dd>
        <dt>{t('evidence.lifetime')}</dt>
        <dd>{proposal.lifetime ? formatDuration(proposal.lifetime) : '–'}</dd>
        {proposal.votes.map((vote) => (
          <Vote key={vote.voter} vote={vote} />
        ))}
      </dl>
    </section>
  )
}

function Vote({ vote }: { vote: Proposal['votes'][number] }) {
  return (
    <>
      <dt>{t('evidence.vote', { who: vote.voter })}</dt>
      <dd>
        <strong>{tCode('verdict', vote.verdict)}</strong>: {vote.reason}{' '}
        <span class="quiet small">
          <Time at={vote.at} brief />
        </span>
      </dd>
    </>
  )
}
