import type { RuleChange } from '#api'
import { api } from '../../api/client'
import { t } from '../../i18n'
import { ReasonDialog } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'

interface Props {
  change: RuleChange
  approve: boolean
  onClose: () => void
  onDone: () => void
}

export function DecideDialog({ change, approve, onClose, onDone }: Props) {
  const { id, digest, version } = change
  return (
    <ReasonDialog
      title={t(approve ? 'rules.approve' : 'rules.reject')}
      intro={version}
      hint={t(approve ? 'rules.approve.hint' : 'rules.reject.hint')}
      submit={t(approve ? 'decide.approve' : 'decide.reject')}
      act={async (reason) => {
        await api.rules.decideRules({ id, approve, digest, reason })
        showToast({ text: t(approve ? 'rules.approved.done' : 'rules.rejected.done', { version }) })
        onDone()
      }}
      onClose={onClose}
    />
  )
}
