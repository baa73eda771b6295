import type { Proposal } from '#api'
import { t } from '../../i18n'
import { FormDialog } from '../../ui/form_dialog'
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
    <FormDialog
      title={t(`decide.${name}.title`)}
      submit={t(`decide.${name}`)}
      danger={verdict === Verdict.REJECT}
      onClose={onClose}
      act={() =>
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
    </FormDialog>
  )
}
