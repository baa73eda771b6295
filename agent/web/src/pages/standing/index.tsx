import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import type { StandingApproval } from '#api'
import { api } from '../../api/client'
import { useLive } from '../../api/load'
import { may, session } from '../../api/session'
import { t } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { Empty, PageHead, ProblemBox, Time } from '../../ui/parts'
import { ReasonDialog } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'
import { ApproveDialog } from './approve_dialog'
import { ProposeDialog } from './propose_dialog'
import { RuleHead, RuleTerms } from './rule'

const pastShown = 50

type Asked = 'propose' | { rule: StandingApproval; what: 'approve' | 'end' }

// Rules by which two people approve beforehand what will match them.
export function StandingPage() {
  const open = useLive((options) => api.standing.listStandingApprovals({}, options), [])
  const past = useLive(
    (options) => api.standing.listStandingApprovals({ all: true, limit: pastShown }, options),
    [],
  )
  const [asked, setAsked] = useState<Asked>()
  const close = () => setAsked(undefined)
  const onDone = () => {
    close()
    open.reload()
    past.reload()
  }
  const ended = past.data?.standingApprovals.filter((rule) => rule.state === 'ended') ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.standing')}>
        {may('StandingApprovals/ProposeStandingApproval') && (
          <button type="button" class="primary" onClick={() => setAsked('propose')}>
            {t('standing.propose')}
          </button>
        )}
      </PageHead>
      <p class="quiet">{t('standing.intro')}</p>
      {open.problem && <ProblemBox problem={open.problem} retry={open.reload} />}
      {open.data?.standingApprovals.length === 0 && (
        <Empty title={t('standing.none')}>
          <p>{t('standing.none.next')}</p>
        </Empty>
      )}
      {open.data?.standingApprovals.map((rule) => (
        <Rule key={String(rule.id)} rule={rule} onAsk={(what) => setAsked({ rule, what })} />
      ))}
      {ended.length > 0 && <Past rules={ended} />}
      {asked === 'propose' && <ProposeDialog onClose={close} onDone={onDone} />}
      {asked && asked !== 'propose' && asked.what === 'approve' && (
        <ApproveDialog id={asked.rule.id} onClose={close} onDone={onDone} />
      )}
      {asked && asked !== 'propose' && asked.what === 'end' && (
        <ReasonDialog
          title={t('standing.end')}
          intro={asked.rule.filter}
          hint={t('standing.end.hint')}
          submit={t('standing.end')}
          act={async (reason) => {
            await api.standing.endStandingApproval({ id: asked.rule.id, reason })
            showToast({ text: t('standing.ended') })
            onDone()
          }}
          onClose={close}
        />
      )}
    </div>
  )
}

interface RuleProps {
  rule: StandingApproval
  onAsk: (what: 'approve' | 'end') => void
}

function Rule({ rule, onAsk }: RuleProps) {
  const name = session.value?.name
  const isWaiting = rule.state === 'proposed'
  const isOwn = rule.proposedBy === name
  const hasVoted = rule.votes.some((vote) => vote.voter === name)
  return (
    <section class="card stack tight" aria-label={rule.filter}>
      <RuleHead rule={rule} />
      <p>{rule.reason}</p>
      <RuleTerms rule={rule} />
      {rule.votes.map((vote) => (
        <p class="small" key={vote.voter}>
          {t('standing.vote', { who: vote.voter })} · <Time at={vote.at} brief /> · {vote.reason}
        </p>
      ))}
      {isWaiting && isOwn && <p class="quiet small">{t('standing.own')}</p>}
      {isWaiting && hasVoted && <p class="quiet small">{t('standing.another')}</p>}
      <div class="row">
        {may('StandingApprovals/ApproveStandingApproval') && isWaiting && !isOwn && !hasVoted && (
          <button type="button" class="approve" onClick={() => onAsk('approve')}>
            {t('standing.approve')}
          </button>
        )}
        {may('StandingApprovals/EndStandingApproval') && (
          <button type="button" class="reject" onClick={() => onAsk('end')}>
            {t('standing.end')}
          </button>
        )}
        {!isWaiting && <Link href="/history">{t('standing.history')}</Link>}
      </div>
    </section>
  )
}

function Past({ rules }: { rules: StandingApproval[] }) {
  return (
    <section class="stack tight">
      <h2>{t('standing.past')}</h2>
      {rules.map((rule) => (
        <div class="card stack tight" key={String(rule.id)}>
          <RuleHead rule={rule} />
          <RuleTerms rule={rule} />
          <p class="small">
            {t('standing.endedBy', { who: rule.endedBy })} · <Time at={rule.endedAt} brief /> ·{' '}
            {agentText(rule.endedBecause)}
          </p>
        </div>
      ))}
    </section>
  )
}
