import { useState } from 'preact/hooks'
import type { GetRulesResponse, RuleChange } from '#api'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { may, session } from '../../api/session'
import { t, tCode } from '../../i18n'
import { linesChanged } from '../../lib/line_diff'
import { Badge, Empty, PageHead, ProblemBox, Time } from '../../ui/parts'
import { DecideDialog } from './decide_dialog'
import { Draft } from './draft'

// The rules that decide, what other rules would do, and changes that wait for another person.
export function PolicyPage() {
  const rules = useLoad((signal) => api.rules.getRules({}, { signal }), [])
  return (
    <div class="content">
      <PageHead title={t('nav.policy')} />
      {rules.problem && <ProblemBox problem={rules.problem} retry={rules.reload} />}
      {rules.data && (
        <>
          <Waiting rules={rules.data} onDecided={rules.reload} />
          <InForce rules={rules.data} />
          {may('Policy/Simulate') && <Draft rules={rules.data} onProposed={rules.reload} />}
          <Decided changes={rules.data.changes.filter((change) => change.state !== 'open')} />
        </>
      )}
    </div>
  )
}

function InForce({ rules }: { rules: GetRulesResponse }) {
  const { change } = rules
  return (
    <section class="card stack tight">
      <div class="row spread">
        <h2>{t('rules.inForce', { version: rules.version })}</h2>
        <Badge tone={change ? 'accent' : ''}>
          {t(change ? 'rules.ofPeople' : 'rules.ofConfiguration')}
        </Badge>
      </div>
      {change && (
        <p class="quiet">
          {t('rules.approved', { by: change.proposedBy, who: change.decidedBy })}{' '}
          <Time at={change.decidedAt} />. {t('rules.until', { version: rules.configuredVersion })}
        </p>
      )}
      <details>
        <summary>{t('rules.show')}</summary>
        <pre class="code">{rules.rules}</pre>
      </details>
    </section>
  )
}

interface WaitingProps {
  rules: GetRulesResponse
  onDecided: () => void
}

function Waiting({ rules, onDecided }: WaitingProps) {
  const [deciding, setDeciding] = useState<{ change: RuleChange; approve: boolean }>()
  const open = rules.changes.filter((change) => change.state === 'open')
  return (
    <>
      {open.map((change) => (
        <section key={String(change.id)} class="card stack tight">
          <div class="row spread">
            <h2>{t('rules.waits', { version: change.version })}</h2>
            {may('Rules/DecideRules') && (
              <div class="row">
                {change.proposedBy !== session.value?.name && (
                  <button
                    type="button"
                    class="approve"
                    onClick={() => setDeciding({ change, approve: true })}
                  >
                    {t('decide.approve')}
                  </button>
                )}
                <button
                  type="button"
                  class="reject"
                  onClick={() => setDeciding({ change, approve: false })}
                >
                  {t('decide.reject')}
                </button>
              </div>
            )}
          </div>
          <p>
            {t('rules.proposedBy', { who: change.proposedBy, reason: change.reason })}{' '}
            <span class="quiet">
              <Time at={change.proposedAt} />
            </span>
          </p>
          <Changed from={rules.rules} to={change.rules} />
        </section>
      ))}
      {deciding && (
        <DecideDialog {...deciding} onClose={() => setDeciding(undefined)} onDone={onDecided} />
      )}
    </>
  )
}

// The lines in which two texts differ; their signs, not colour alone, say which is which.
function Changed({ from, to }: { from: string; to: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys have to be able to scroll it
    <pre class="code changed" tabIndex={0}>
      {linesChanged(from, to).map(({ sign, text }, i) => (
        <div key={i} class={sign === '+' ? 'added' : 'removed'}>
          {sign} {text}
        </div>
      ))}
    </pre>
  )
}

function Decided({ changes }: { changes: RuleChange[] }) {
  return (
    <section class="stack tight">
      <h2>{t('rules.decided')}</h2>
      {changes.length === 0 && <Empty title={t('rules.decided.none')} />}
      {changes.map((change) => (
        <details key={String(change.id)} class="card">
          <summary>
            <strong>{change.version}</strong> <Badge>{tCode('rules.state', change.state)}</Badge>{' '}
            <span class="quiet">
              {t('rules.proposedBy', { who: change.proposedBy, reason: change.reason })}
              {change.decidedBy &&
                ` ${t('rules.decidedBy', { who: change.decidedBy, reason: change.decisionReason })}`}
            </span>
          </summary>
          <pre class="code">{change.rules}</pre>
        </details>
      ))}
    </section>
  )
}
