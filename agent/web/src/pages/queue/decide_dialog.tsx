import type { Proposal } from '#api'
import { t } from '../../i18n'
import { Dialog } from '../../ui/dialog'
import { DecisionForm, useDecisionForm } from './decision_form'
import { type Decision, Verdict } from './outbox'
import { nameOf } from './reasons'

interface Props {
  proposal: Proposal
  verdict: Verdict
  onDecide: (decision: Decision) => void
  onClose: () => void
}

// One proposal: a reason, and Enter.
export function DecideDialog({ proposal, verdict, onDecide, onClose }: Props) {
  const form = useDecisionForm(verdict)
  const name = nameOf(verdict)
  return (
    <Dialog
      title={t(`decide.${name}.title`)}
      onClose={onClose}
      onSubmit={() =>
        onDecide({
          proposals: [proposal],
          verdict,
          reason: form.reason.trim(),
          lifetimeSeconds: form.lifetimeSeconds,
        })
      }
    >
      <p class="mono">{proposal.defanged}</p>
      <DecisionForm form={form} />
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t('action.cancel')}
        </button>
        <button type="submit" class={verdict === Verdict.REJECT ? 'danger' : 'primary'}>
          {t(`decide.${name}`)}
        </button>
      </div>
    </Dialog>
  )
}
