import { useState } from 'preact/hooks'
import { t } from '../i18n'
import { FormDialog } from './form_dialog'
import { TextField } from './text_field'

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
  const run = async () => {
    await act(reason.trim())
    onClose()
  }
  return (
    <FormDialog title={title} submit={submit} danger act={run} onClose={onClose}>
      <p class="mono">{intro}</p>
      <p class="quiet">{hint}</p>
      <ReasonField value={reason} autofocus onText={setReason} />
    </FormDialog>
  )
}

interface ReasonFieldProps {
  value: string
  onText: (text: string) => void
  autofocus?: boolean
}

export function ReasonField(props: ReasonFieldProps) {
  return (
    <TextField
      label={t('decide.reason')}
      hint={t('decide.reason.hint')}
      required
      maxLength={1000}
      onFocus={(event) => event.currentTarget.select()}
      {...props}
    />
  )
}
