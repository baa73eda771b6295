import { useState } from 'preact/hooks'
import { type Problem, problemOf } from '../api/client'
import { t } from '../i18n'
import { Dialog } from './dialog'
import { Field, ProblemBox } from './parts'

interface Props {
  title: string
  intro: string
  hint: string
  submit: string
  act: (reason: string) => Promise<void>
  onClose: () => void
}

// Asks for the reason of an act that the history keeps, and does it.
export function ReasonDialog({ title, intro, hint, submit, act, onClose }: Props) {
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = async () => {
    setBusy(true)
    try {
      await act(reason.trim())
      onClose()
    } catch (error) {
      setProblem(problemOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose} onSubmit={run}>
      {problem && <ProblemBox problem={problem} />}
      <p class="mono">{intro}</p>
      <p class="quiet">{hint}</p>
      <Field label={t('decide.reason')} hint={t('decide.reason.hint')}>
        {(field) => (
          <input
            {...field}
            value={reason}
            required
            autofocus
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t('action.cancel')}
        </button>
        <button type="submit" class="danger" disabled={busy}>
          {submit}
        </button>
      </div>
    </Dialog>
  )
}
