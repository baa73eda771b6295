import { useState } from 'preact/hooks'
import type { StandingPreview } from '#api'
import { api } from '../../api/client'
import { t } from '../../i18n'
import { toDuration } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { LifetimeField } from '../../ui/lifetime_field'
import { ReasonField } from '../../ui/reason_dialog'
import { TextField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'
import { Preview } from './preview'

interface Props {
  onClose: () => void
  onDone: () => void
}

// First shows what the rule would approve, then proposes it.
export function ProposeDialog({ onClose, onDone }: Props) {
  const [filter, setFilter] = useState('')
  const [lifetime, setLifetime] = useState<number>()
  const [validFor, setValidFor] = useState<number>()
  const [uses, setUses] = useState('50')
  const [reason, setReason] = useState('')
  const [preview, setPreview] = useState<StandingPreview>()
  const changed = (change: () => void) => {
    change()
    setPreview(undefined)
  }
  const act = async () => {
    const request = {
      filter: filter.trim(),
      lifetime: toDuration(lifetime),
      validFor: toDuration(validFor),
      usesPerDay: Number(uses),
      reason: reason.trim(),
    }
    if (!preview) {
      const answer = await api.standing.proposeStandingApproval({ ...request, dryRun: true })
      setPreview(answer.preview)
      return
    }
    await api.standing.proposeStandingApproval(request)
    showToast({ text: t('standing.proposed') })
    onDone()
  }
  return (
    <FormDialog
      title={t('standing.propose.title')}
      submit={preview ? t('standing.propose') : t('standing.preview')}
      act={act}
      onClose={onClose}
    >
      <p class="quiet">{t('standing.propose.hint')}</p>
      <TextField
        label={t('standing.filter')}
        hint={t('standing.filter.hint')}
        class="mono"
        required
        spellcheck={false}
        autocapitalize="none"
        value={filter}
        onText={(text) => changed(() => setFilter(text))}
      />
      <LifetimeField
        label={t('decide.lifetime')}
        seconds={lifetime}
        onSeconds={(seconds) => changed(() => setLifetime(seconds))}
      />
      <TextField
        label={t('standing.uses.label')}
        hint={t('standing.uses.hint')}
        type="number"
        min={1}
        required
        value={uses}
        onText={(text) => changed(() => setUses(text))}
      />
      <LifetimeField
        label={t('standing.validFor')}
        seconds={validFor}
        onSeconds={(seconds) => changed(() => setValidFor(seconds))}
      />
      <ReasonField value={reason} onText={setReason} />
      {preview && <Preview preview={preview} />}
    </FormDialog>
  )
}
