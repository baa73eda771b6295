import { useState } from 'preact/hooks'
import type { Claim, Proposal } from '#api'
import { t } from '../../i18n'
import { FormDialog } from '../../ui/form_dialog'
import { DecisionForm, useDecisionForm } from './decision_form'
import { type Decision, Verdict } from './outbox'
import { nameOf } from './reasons'

interface Props {
  proposal: Proposal
  claim?: Claim // somebody else's
  verdict: Verdict
  onDecide: (decision: Decision) => void
  onClose: () => void
}

// One proposal: a reason, and Enter; where somebody else is at it, a word that one knows.
export function DecideDialog({ proposal, claim, verdict, onDecide, onClose }: Props) {
  const form = useDecisionForm(verdict)
  const name = nameOf(verdict)
  const [allTheSame, setAllTheSame] = useState(false)
  return (
    <FormDialog
      title={t(`decide.${name}.title`)}
      submit={t(`decide.${name}`)}
      danger={verdict === Verdict.REJECT}
      disabled={claim !== undefined && !allTheSame}
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
      {claim && (
        <label class="notice warn row">
          <input
            type="checkbox"
            checked={allTheSame}
            onChange={(event) => setAllTheSame(event.currentTarget.checked)}
          />
          {t('decide.claimed', { who: claim.name })}
        </label>
      )}
    </FormDialog>
  )
}
