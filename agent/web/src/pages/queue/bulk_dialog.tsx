import { useState } from 'preact/hooks'
import type { DecideResponse, Proposal } from '#api'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { t, tn } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { toDuration } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { ProblemBox } from '../../ui/parts'
import { Sample } from '../../ui/sample'
import { TextField } from '../../ui/text_field'
import { CutFacts } from '../../ui/traffic'
import { DecisionForm, useDecisionForm } from './decision_form'
import type { Verdict } from './outbox'
import { nameOf, rememberReason } from './reasons'

// Proposals that were marked one by one, or all that match a filter.
export type Many = { proposals: Proposal[] } | { filter: string }

interface Props {
  many: Many
  verdict: Verdict
  onDone: (response: DecideResponse) => void
  onClose: () => void
}

function selectionOf(many: Many) {
  return 'filter' in many
    ? { filter: many.filter }
    : {
        ids: many.proposals.map((proposal) => proposal.id),
        digests: many.proposals.map((proposal) => proposal.digest),
      }
}

// Shows what would be decided before it is: how many, which, and what the rules refuse. The number
// that is typed goes along, and the agent decides nothing if it is no longer that many.
export function BulkDialog({ many, verdict, onDone, onClose }: Props) {
  const form = useDecisionForm(verdict)
  const name = nameOf(verdict)
  const [typed, setTyped] = useState('')
  const preview = useLoad(
    (signal) =>
      api.queue.decide(
        { ...selectionOf(many), verdict, reason: t('bulk.preview'), dryRun: true },
        { signal },
      ),
    [],
  )
  const matched = preview.data?.matched

  const decide = async () => {
    const reason = form.reason.trim()
    const request = {
      ...selectionOf(many),
      verdict,
      reason,
      lifetime: toDuration(form.lifetimeSeconds),
      expectedCount: matched,
    }
    const response = await api.queue.decide(request).catch((error) => {
      preview.reload()
      throw error
    })
    rememberReason(verdict, reason)
    onDone(response)
  }

  return (
    <FormDialog
      title={t(`bulk.${name}.title`)}
      submit={tn(`bulk.${name}`, matched ?? 0)}
      danger={name === 'reject'}
      disabled={!matched || typed !== matched.toString()}
      act={decide}
      onClose={onClose}
    >
      {preview.problem && <ProblemBox problem={preview.problem} retry={preview.reload} />}
      {!preview.data && !preview.problem && <p role="status">{t('bulk.looking')}</p>}
      {preview.data && <Preview many={many} preview={preview.data} />}
      <DecisionForm form={form} />
      {matched !== undefined && (
        <TextField
          label={t('bulk.confirm', { n: matched.toString() })}
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onText={(text) => setTyped(text.trim())}
        />
      )}
    </FormDialog>
  )
}

function Preview({ many, preview }: { many: Many; preview: DecideResponse }) {
  return (
    <div class="stack tight">
      <p>
        <strong>{tn('bulk.matched', preview.matched)}</strong>
        {'filter' in many && (
          <>
            {' '}
            <code>{many.filter || t('bulk.all')}</code>
          </>
        )}
      </p>
      {preview.awaiting > 0n && <p>{tn('bulk.awaiting', preview.awaiting)}</p>}
      {preview.claims.length > 0 && (
        <p class="notice warn">
          {tn('bulk.claimed', preview.claims.length, {
            who: [...new Set(preview.claims.map((claim) => claim.name))].join(', '),
          })}
        </p>
      )}
      {preview.cut && <CutFacts cut={preview.cut} />}
      <Sample proposals={preview.sample} total={preview.matched} />
      {preview.refused.length > 0 && (
        <details>
          <summary>{tn('bulk.refused', preview.refused.length)}</summary>
          <ul class="stack tight">
            {preview.refused.map((refusal) => (
              <li key={String(refusal.id)}>
                <code>{refusal.indicator}</code> {agentText(refusal.reason)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
