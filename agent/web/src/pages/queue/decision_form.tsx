import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { LifetimeField } from '../../ui/lifetime_field'
import { ReasonField } from '../../ui/reason_dialog'
import { Verdict } from './outbox'
import { lastReason, nameOf, templatesFor } from './reasons'

// The part that all deciding has: why, and for how long.
export function useDecisionForm(verdict: Verdict) {
  const [reason, setReason] = useState(lastReason(verdict))
  const [lifetimeSeconds, setLifetime] = useState<number>()
  return { verdict, reason, setReason, lifetimeSeconds, setLifetime }
}

export function DecisionForm({ form }: { form: ReturnType<typeof useDecisionForm> }) {
  const { verdict, reason, setReason, lifetimeSeconds, setLifetime } = form
  return (
    <>
      <ReasonField value={reason} autofocus onText={setReason} />
      <div class="row">
        {templatesFor(verdict).map((text) => (
          <button
            key={text}
            type="button"
            class="small"
            aria-pressed={reason === text}
            onClick={() => setReason(text)}
          >
            {text}
          </button>
        ))}
      </div>
      {verdict !== Verdict.REJECT && (
        <LifetimeField
          label={t(nameOf(verdict) === 'approve' ? 'decide.lifetime' : 'decide.wait')}
          seconds={lifetimeSeconds}
          onSeconds={setLifetime}
        />
      )}
    </>
  )
}
