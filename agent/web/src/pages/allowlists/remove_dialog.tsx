import { useState } from 'preact/hooks'
import type { AllowEntry } from '#api'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { defang } from '../../ui/evidence_parts'
import { FormDialog } from '../../ui/form_dialog'
import { ProblemBox } from '../../ui/parts'
import { ReasonField } from '../../ui/reason_dialog'
import { showToast } from '../../ui/toasts'
import { Effects } from './effects'

interface Props {
  entry: AllowEntry
  onClose: () => void
  onDone: () => void
}

// Shows what would be proposed without the entry, and asks for its end, or agrees with who asked.
export function RemoveDialog({ entry, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const preview = useLoad(
    (signal) => api.allowlists.removeAllowEntry({ id: entry.id, dryRun: true }, { signal }),
    [entry.id],
  )
  const act = async () => {
    const { entry: after } = await api.allowlists.removeAllowEntry({
      id: entry.id,
      reason: reason.trim(),
    })
    const what = defang(entry.match)
    showToast({ text: t(after?.endedAt ? 'allow.removed' : 'allow.remove.waits', { what }) })
    onClose()
    onDone()
  }
  return (
    <FormDialog
      title={t(entry.removalAskedBy ? 'allow.remove.confirm' : 'allow.remove')}
      submit={t(entry.removalAskedBy ? 'allow.remove.confirm' : 'allow.remove.ask')}
      danger
      act={act}
      onClose={onClose}
    >
      <p class="mono">{defang(entry.match)}</p>
      <p class="quiet">
        {entry.owner}: {entry.reason}
      </p>
      <p class="quiet">
        {entry.removalAskedBy
          ? t('allow.remove.askedBecause', {
              who: entry.removalAskedBy,
              reason: entry.removalReason,
            })
          : t('allow.remove.hint')}
      </p>
      {preview.problem && <ProblemBox problem={preview.problem} retry={preview.reload} />}
      {preview.data?.effects && <Effects effects={preview.data.effects} />}
      <ReasonField value={reason} autofocus onText={setReason} />
    </FormDialog>
  )
}
