import { useState } from 'preact/hooks'
import { type Emergency, ReviewRequest_Verdict } from '#api'
import { api } from '../../api/client'
import { type Key, t } from '../../i18n'
import { toDuration } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { LifetimeField } from '../../ui/lifetime_field'
import { ReasonField } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'

export type Verdict = 'confirm' | 'overturn'

interface Props {
  emergency: Emergency
  verdict: Verdict
  onClose: () => void
  onDone: () => void
}

export function ReviewDialog({ emergency, verdict, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<number>()
  const goesOn = verdict === 'confirm' && emergency.act === 'block'
  const act = async () => {
    await api.emergencies.review({
      id: emergency.id,
      verdict:
        verdict === 'confirm' ? ReviewRequest_Verdict.CONFIRM : ReviewRequest_Verdict.OVERTURN,
      reason: reason.trim(),
      lifetime: goesOn ? toDuration(seconds) : undefined,
    })
    showToast({ text: t('emergency.review.done') })
    onDone()
  }
  return (
    <FormDialog
      title={t(`emergency.${verdict}`)}
      submit={t(`emergency.${verdict}`)}
      danger={verdict === 'overturn'}
      act={act}
      onClose={onClose}
    >
      <p class="mono">{emergency.defanged}</p>
      <p class="quiet">{t(`emergency.${verdict}.hint.${emergency.act}` as Key)}</p>
      <ReasonField value={reason} autofocus onText={setReason} />
      {goesOn && (
        <LifetimeField label={t('decide.lifetime')} seconds={seconds} onSeconds={setSeconds} />
      )}
    </FormDialog>
  )
}
