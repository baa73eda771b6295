import { useState } from 'preact/hooks'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { FormDialog } from '../../ui/form_dialog'
import { ProblemBox } from '../../ui/parts'
import { ReasonField } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'
import { Preview } from './preview'
import { RuleHead, RuleTerms } from './rule'

interface Props {
  id: bigint
  onClose: () => void
  onDone: () => void
}

// Shows the rule and what it would approve; the vote is for exactly that.
export function ApproveDialog({ id, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const seen = useLoad((signal) => api.standing.getStandingApproval({ id }, { signal }), [])
  const rule = seen.data?.standingApproval
  const act = async () => {
    if (!rule) return
    const { standingApproval } = await api.standing.approveStandingApproval({
      id,
      digest: rule.digest,
      reason: reason.trim(),
    })
    const isActive = standingApproval?.state === 'active'
    showToast({ text: t(isActive ? 'standing.active' : 'standing.another') })
    onDone()
  }
  return (
    <FormDialog
      title={t('standing.approve')}
      submit={t('standing.approve')}
      disabled={!rule}
      act={act}
      onClose={onClose}
    >
      {seen.problem && <ProblemBox problem={seen.problem} retry={seen.reload} />}
      {rule && (
        <>
          <RuleHead rule={rule} />
          <p>{rule.reason}</p>
          <RuleTerms rule={rule} />
        </>
      )}
      {seen.data?.preview && <Preview preview={seen.data.preview} />}
      <p class="quiet">{t('standing.approve.hint')}</p>
      <ReasonField value={reason} onText={setReason} />
    </FormDialog>
  )
}
