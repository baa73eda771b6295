import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { formatSeconds } from '../../lib/time'
import { Field } from '../../ui/parts'
import { Verdict } from './outbox'
import { lastReason, lifetimes, nameOf, templatesFor } from './reasons'

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
      <Field label={t('decide.reason')} hint={t('decide.reason.hint')}>
        {(field) => (
          <input
            {...field}
            value={reason}
            required
            maxLength={1000}
            autofocus
            onFocus={(event) => event.currentTarget.select()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
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
        <Field label={t(nameOf(verdict) === 'approve' ? 'decide.lifetime' : 'decide.wait')}>
          {(field) => (
            <select
              {...field}
              value={lifetimeSeconds ?? ''}
              onChange={(event) => setLifetime(Number(event.currentTarget.value) || undefined)}
            >
              <option value="">{t('decide.default')}</option>
              {lifetimes.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {formatSeconds(seconds)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </>
  )
}
