import type { DecisionConflict, Proposal } from '#api'
import { t, tCode } from '../../i18n'
import { toHex } from '../../lib/bytes'
import { formatDuration } from '../../lib/time'
import { Dialog } from '../../ui/dialog'
import { PlainTable, Time } from '../../ui/parts'

interface Props {
  seen: Proposal
  told?: DecisionConflict // undefined: it is gone
  onClose: () => void
}

interface Difference {
  label: string
  before: string
  after: string
}

function rowsOf(proposal: Proposal): [string, string][] {
  return [
    [t('evidence.stateLabel'), tCode('state', proposal.state)],
    [t('evidence.lifetime'), proposal.lifetime ? formatDuration(proposal.lifetime) : '–'],
    [t('evidence.policyVersion'), proposal.policyVersion],
    [t('evidence.confidence'), String(proposal.confidence)],
    [
      t('evidence.votes'),
      proposal.votes.map((vote) => `${vote.voter}: ${vote.verdict}`).join(', '),
    ],
    [t('evidence.reasons'), proposal.reasons.map((reason) => reason.code).join(', ')],
    [t('evidence.digest'), toHex(proposal.digest).slice(0, 16)],
  ]
}

export function differences(seen: Proposal, now: Proposal): Difference[] {
  const after = rowsOf(now)
  return rowsOf(seen)
    .map(([label, before], i) => ({ label, before, after: after[i]?.[1] ?? '' }))
    .filter((each) => each.before !== each.after)
}

// Somebody or something was faster: what was seen is not what is there any more.
export function ConflictDialog({ seen, told, onClose }: Props) {
  const now = told?.now
  return (
    <Dialog title={t('conflict.title')} onClose={onClose}>
      <p class="mono">{seen.defanged}</p>
      {told && told.decidedBy.length > 0 && (
        <p>
          <strong>{tCode('state', now?.state ?? '')}</strong> ·{' '}
          {t('conflict.by', { who: told.decidedBy.join(', ') })} · <Time at={told.decidedAt} />
          {told.reason && <> · {told.reason}</>}
        </p>
      )}
      {now ? (
        <PlainTable>
          <thead>
            <tr>
              <td />
              <th>{t('conflict.before')}</th>
              <th>{t('conflict.after')}</th>
            </tr>
          </thead>
          <tbody>
            {differences(seen, now).map((each) => (
              <tr key={each.label}>
                <th scope="row">{each.label}</th>
                <td>{each.before || '–'}</td>
                <td>
                  <strong>{each.after || '–'}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </PlainTable>
      ) : (
        <p>{t('conflict.gone')}</p>
      )}
      <p class="quiet">{t('conflict.next')}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          {t('conflict.look')}
        </button>
      </div>
    </Dialog>
  )
}
