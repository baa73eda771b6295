import { useState } from 'preact/hooks'
import type { UnblockRequest } from '#api'
import { api } from '../../api/client'
import { t, tn } from '../../i18n'
import { toDuration } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { LifetimeField } from '../../ui/lifetime_field'
import { TextField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'
import { Evidence } from './evidence'

export type Verdict = 'grant' | 'decline'

const hour = 3600
const lifetimes = [hour, 8 * hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour]

interface Props {
  request: UnblockRequest
  verdict: Verdict
  onClose: () => void
  onDone: () => void
}

export function AnswerDialog({ request, verdict, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<number>()
  const grants = verdict === 'grant'
  const act = async () => {
    const answer = { id: request.id, reason: reason.trim() }
    const { requests } = grants
      ? await api.unblockRequests.grant({ ...answer, lifetime: toDuration(seconds) })
      : await api.unblockRequests.decline(answer)
    showToast({ text: tn('unblock.done', requests.length) })
    onDone()
  }
  return (
    <FormDialog
      title={t(`unblock.${verdict}`)}
      submit={t(`unblock.${verdict}`)}
      danger={grants}
      act={act}
      onClose={onClose}
    >
      <p class="mono">{request.defanged}</p>
      <p class="quiet">{t(`unblock.${verdict}.hint`)}</p>
      {grants && <Evidence id={request.id} />}
      <TextField
        label={t('unblock.answer')}
        hint={t('unblock.answer.hint')}
        required
        autofocus
        maxLength={1000}
        value={reason}
        onText={setReason}
      />
      {grants && (
        <LifetimeField
          label={t('unblock.lifetime')}
          hint={t('unblock.lifetime.hint')}
          unset={t('unblock.lifetime.open')}
          choices={lifetimes}
          seconds={seconds}
          onSeconds={setSeconds}
        />
      )}
    </FormDialog>
  )
}
