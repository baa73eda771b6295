import { useState } from 'preact/hooks'
import type { DecideResponse, Proposal } from '#api'
import { api, type Problem, problemOf } from '../../api/client'
import { useLoad } from '../../api/load'
import { formatNumber, t, tCode, tn } from '../../i18n'
import { Dialog } from '../../ui/dialog'
import { Field, Meter, ProblemBox } from '../../ui/parts'
import { DecisionForm, useDecisionForm } from './decision_form'
import { lifetimeOf, type Verdict } from './outbox'
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
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
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
    setBusy(true)
    setProblem(undefined)
    try {
      const reason = form.reason.trim()
      const response = await api.queue.decide({
        ...selectionOf(many),
        verdict,
        reason,
        lifetime: lifetimeOf(form),
        expectedCount: matched,
      })
      rememberReason(verdict, reason)
      onDone(response)
    } catch (error) {
      setProblem(problemOf(error))
      preview.reload()
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog title={t(`bulk.${name}.title`)} onClose={onClose} onSubmit={decide}>
      {problem && <ProblemBox problem={problem} />}
      {preview.problem && <ProblemBox problem={preview.problem} retry={preview.reload} />}
      {!preview.data && !preview.problem && <p role="status">{t('bulk.looking')}</p>}
      {preview.data && <Preview many={many} preview={preview.data} />}
      <DecisionForm form={form} />
      {matched !== undefined && (
        <Field label={t('bulk.confirm', { n: matched.toString() })}>
          {(field) => (
            <input
              {...field}
              value={typed}
              inputMode="numeric"
              autocomplete="off"
              onInput={(event) => setTyped(event.currentTarget.value.trim())}
            />
          )}
        </Field>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t('action.cancel')}
        </button>
        <button
          type="submit"
          class={name === 'reject' ? 'danger' : 'primary'}
          disabled={busy || !matched || typed !== matched.toString()}
        >
          {tn(`bulk.${name}`, matched ?? 0)}
        </button>
      </div>
    </Dialog>
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
      <ul class="sample">
        {preview.sample.map((proposal) => (
          <li key={String(proposal.id)}>
            <span class="mono">{proposal.defanged}</span>
            <span class="quiet small">{tCode('kind', proposal.kind)}</span>
            <Meter percent={proposal.confidence} />
          </li>
        ))}
      </ul>
      {preview.matched > BigInt(preview.sample.length) && (
        <p class="quiet small">
          {t('bulk.more', { n: formatNumber(preview.matched - BigInt(preview.sample.length)) })}
        </p>
      )}
      {preview.refused.length > 0 && (
        <details>
          <summary>{tn('bulk.refused', preview.refused.length)}</summary>
          <ul class="stack tight">
            {preview.refused.map((refusal) => (
              <li key={String(refusal.id)}>
                <code>{refusal.indicator}</code> {refusal.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
