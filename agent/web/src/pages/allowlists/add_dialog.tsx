import { useState } from 'preact/hooks'
import type { AllowlistEffects } from '#api'
import { api } from '../../api/client'
import { t, tCode } from '../../i18n'
import { toTimestamp } from '../../lib/time'
import { defang } from '../../ui/evidence_parts'
import { FormDialog } from '../../ui/form_dialog'
import { ReasonField } from '../../ui/reason_dialog'
import { SelectField } from '../../ui/select_field'
import { IndicatorField, TextField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'
import { Effects } from './effects'

interface Props {
  onClose: () => void
  onDone: () => void
}

// First shows what the entry would do, then makes it.
export function AddDialog({ onClose, onDone }: Props) {
  const [form, setForm] = useState({
    match: '',
    exact: false,
    effect: 'never',
    owner: '',
    reason: '',
    until: '',
  })
  const [effects, setEffects] = useState<AllowlistEffects>()
  const change = (changed: Partial<typeof form>) => {
    setForm({ ...form, ...changed })
    if (!('reason' in changed || 'owner' in changed)) setEffects(undefined)
  }
  const act = async () => {
    const { until, ...fields } = form
    const request = { ...fields, expires: until ? toTimestamp(new Date(until)) : undefined }
    if (!effects) {
      setEffects((await api.allowlists.addAllowEntry({ ...request, dryRun: true })).effects)
      return
    }
    const { entry } = await api.allowlists.addAllowEntry(request)
    showToast({ text: t('allow.added', { what: defang(entry?.match ?? form.match) }) })
    onClose()
    onDone()
  }
  return (
    <FormDialog
      title={t('allow.add')}
      submit={t(effects ? 'allow.add.submit' : 'emergency.preview')}
      act={act}
      onClose={onClose}
    >
      <p class="quiet">{t('allow.add.hint')}</p>
      <IndicatorField value={form.match} onText={(match) => change({ match: match.trim() })} />
      <label class="row">
        <input
          type="checkbox"
          checked={!form.exact}
          onChange={(event) => change({ exact: !event.currentTarget.checked })}
        />
        {t('allow.withSubtree')}
      </label>
      <SelectField
        label={t('allow.effect')}
        hint={t('allow.effect.hint')}
        value={form.effect}
        choices={['never', 'review'].map((each) => ({
          value: each,
          text: tCode('allowEffect', each),
        }))}
        onValue={(effect) => change({ effect })}
      />
      <TextField
        label={t('allow.owner')}
        hint={t('allow.owner.hint')}
        required
        maxLength={200}
        value={form.owner}
        onText={(owner) => change({ owner })}
      />
      <ReasonField value={form.reason} onText={(reason) => change({ reason })} />
      <TextField
        type="datetime-local"
        label={t('blocks.expires')}
        hint={t('allow.expires.hint')}
        value={form.until}
        onText={(until) => change({ until })}
      />
      {effects && <Effects effects={effects} />}
    </FormDialog>
  )
}
