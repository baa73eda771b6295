import { useState } from 'preact/hooks'
import type { GetRulesResponse, SimulateResponse } from '#api'
import { api } from '../../api/client'
import { may } from '../../api/session'
import { t } from '../../i18n'
import { Field, ProblemBox } from '../../ui/parts'
import { ReasonDialog } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'
import { useSubmit } from '../../ui/use_submit'
import { Simulated } from './simulated'

interface Props {
  rules: GetRulesResponse
  onProposed: () => void
}

// Other rules: first what they would do, and then to another person.
export function Draft({ rules, onProposed }: Props) {
  const [text, setText] = useState(rules.rules)
  const [result, setResult] = useState<SimulateResponse>()
  const [proposing, setProposing] = useState(false)
  const { busy, problem, submit } = useSubmit(async () => {
    setResult(undefined)
    setResult(await api.policy.simulate({ rules: text }))
  })
  return (
    <section class="card stack">
      <h2>{t('simulate.title')}</h2>
      <form class="stack tight" onSubmit={submit}>
        <Field label={t('simulate.rules')} hint={t('simulate.rules.hint')}>
          {(field) => (
            <textarea
              {...field}
              class="code"
              value={text}
              spellcheck={false}
              onInput={(event) => {
                setText(event.currentTarget.value)
                setResult(undefined)
              }}
            />
          )}
        </Field>
        <div class="row">
          <button type="submit" class="primary" disabled={busy}>
            {t(busy ? 'simulate.running' : 'simulate.run')}
          </button>
          {result && may('Rules/ProposeRules') && (
            <button type="button" onClick={() => setProposing(true)}>
              {t('rules.propose')}
            </button>
          )}
        </div>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {result && <Simulated result={result} />}
      {proposing && (
        <ReasonDialog
          title={t('rules.propose')}
          intro={result?.newVersion ?? ''}
          hint={t('rules.propose.hint')}
          submit={t('rules.propose')}
          act={async (reason) => {
            const { change } = await api.rules.proposeRules({ rules: text, reason })
            showToast({ text: t('rules.proposed', { version: change?.version ?? '' }) })
            onProposed()
          }}
          onClose={() => setProposing(false)}
        />
      )}
    </section>
  )
}
