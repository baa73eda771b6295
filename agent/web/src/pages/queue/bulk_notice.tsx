import { useState } from 'preact/hooks'
import type { BulkDecision } from '#api'
import { api } from '../../api/client'
import { may } from '../../api/session'
import { formatNumber, t } from '../../i18n'
import { ReasonDialog } from '../../ui/reason_dialog'

// Decisions on so many that the agent is still at them: how far it is, and a way to stop it.
export function BulkNotice({ bulk }: { bulk: BulkDecision[] }) {
  const [cancelling, setCancelling] = useState<BulkDecision>()
  return (
    <>
      {bulk.map((one) => (
        <p key={String(one.id)} class="notice row spread">
          <span>{describe(one)}</span>
          <progress
            aria-label={t('bulk.progress')}
            max={Number(one.matched)}
            value={Number(doneOf(one))}
          />
          {may('Bulk/CancelBulk') && (
            <button type="button" onClick={() => setCancelling(one)}>
              {t('bulk.cancel')}
            </button>
          )}
        </p>
      ))}
      {cancelling && (
        <ReasonDialog
          title={t('bulk.cancel.title')}
          intro={describe(cancelling)}
          hint={t('bulk.cancel.hint')}
          submit={t('bulk.cancel')}
          act={async (reason) => {
            await api.bulk.cancelBulk({ id: cancelling.id, reason })
          }}
          onClose={() => setCancelling(undefined)}
        />
      )}
    </>
  )
}

function doneOf(bulk: BulkDecision) {
  return bulk.decided + bulk.awaiting + bulk.refusedTotal
}

function describe(bulk: BulkDecision) {
  const verdict = bulk.verdict as 'approve' | 'reject' | 'defer'
  return t(`bulk.running.${verdict}`, {
    who: bulk.voter,
    done: formatNumber(doneOf(bulk)),
    all: formatNumber(bulk.matched),
    filter: bulk.filter || t('bulk.all'),
  })
}
