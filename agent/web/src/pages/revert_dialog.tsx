import { useState } from 'preact/hooks'
import { api } from '../api/client'
import { useLoad } from '../api/load'
import { t, tn } from '../i18n'
import { agentText } from '../i18n/agent'
import { defang } from '../ui/evidence_parts'
import { FormDialog } from '../ui/form_dialog'
import { ProblemBox } from '../ui/parts'
import { ReasonField } from '../ui/reason_dialog'
import { showToast } from '../ui/toasts'

interface Props {
  from: bigint
  to: bigint
  onClose: () => void
  onDone: () => void
}

const shown = 10

// Shows what going back would do, and does it: what came is revoked at once, what went is only
// proposed again.
export function RevertDialog({ from, to, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const plan = useLoad(
    (signal) => api.releases.revertReleases({ from, to, dryRun: true }, { signal }),
    [from, to],
  )
  const { revoked = [], proposed = [], refused = [] } = plan.data ?? {}
  const act = async () => {
    const done = await api.releases.revertReleases({ from, to, reason: reason.trim() })
    showToast({
      text: [
        tn('releases.reverted', done.revoked.length),
        tn('releases.proposedAgain', done.proposed.length),
      ].join(' '),
    })
    onClose()
    onDone()
  }
  return (
    <FormDialog
      title={t('releases.revert')}
      submit={t('releases.revert')}
      danger
      disabled={revoked.length + proposed.length === 0}
      act={act}
      onClose={onClose}
    >
      <p>{t('releases.between', { from: String(from), to: String(to) })}</p>
      <p class="quiet">{t('releases.revert.hint')}</p>
      {plan.problem && <ProblemBox problem={plan.problem} retry={plan.reload} />}
      {plan.data && (
        <section class="notice stack tight" aria-live="polite">
          {revoked.length + proposed.length === 0 && <p>{t('releases.revert.nothing')}</p>}
          <Targets
            title={tn('releases.willRevoke', revoked.length)}
            targets={revoked.map((block) => block.indicator)}
          />
          <Targets
            title={tn('releases.willPropose', proposed.length)}
            targets={proposed.map((block) => block.indicator)}
          />
          {refused.length > 0 && <p>{tn('releases.willRefuse', refused.length)}</p>}
          <ul class="small">
            {refused.slice(0, shown).map(({ indicator, reason: why }) => (
              <li key={indicator}>
                <code>{defang(indicator)}</code> <span class="quiet">{agentText(why)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <ReasonField value={reason} autofocus onText={setReason} />
    </FormDialog>
  )
}

function Targets({ title, targets }: { title: string; targets: string[] }) {
  if (targets.length === 0) return null
  return (
    <div>
      <p>{title}</p>
      <ul class="mono small">
        {targets.slice(0, shown).map((target) => (
          <li key={target}>{defang(target)}</li>
        ))}
        {targets.length > shown && <li>…</li>}
      </ul>
    </div>
  )
}
