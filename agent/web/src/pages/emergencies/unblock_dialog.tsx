import { useState } from 'preact/hooks'
import type { EmergencyResponse } from '#api'
import { api } from '../../api/client'
import { t, tn } from '../../i18n'
import { defang } from '../../ui/evidence_parts'
import { FormDialog } from '../../ui/form_dialog'
import { ReasonField } from '../../ui/reason_dialog'
import { IndicatorField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'

interface Props {
  onClose: () => void
  onDone: () => void
}

// First shows what would go, then does it.
export function UnblockNowDialog({ onClose, onDone }: Props) {
  const [indicator, setIndicator] = useState('')
  const [within, setWithin] = useState(false)
  const [reason, setReason] = useState('')
  const [preview, setPreview] = useState<EmergencyResponse>()
  const act = async () => {
    const request = { indicator: indicator.trim(), within, reason: reason.trim() }
    if (!preview) {
      setPreview(await api.emergencies.unblockNow({ ...request, dryRun: true }))
      return
    }
    const { release } = await api.emergencies.unblockNow(request)
    showToast({ text: t('emergency.unblock.done', { release: release.toString() }) })
    onDone()
  }
  return (
    <FormDialog
      title={t('emergency.act.unblock')}
      submit={preview ? t('emergency.unblock') : t('emergency.preview')}
      danger={preview !== undefined}
      act={act}
      onClose={onClose}
    >
      <p class="quiet">{t('emergency.unblock.hint')}</p>
      <IndicatorField
        value={indicator}
        onText={(text) => {
          setIndicator(text)
          setPreview(undefined)
        }}
      />
      <label class="row">
        <input
          type="checkbox"
          checked={within}
          onChange={(event) => {
            setWithin(event.currentTarget.checked)
            setPreview(undefined)
          }}
        />
        {t('emergency.within')}
      </label>
      <ReasonField value={reason} onText={setReason} />
      {preview && (
        <section class="stack tight" aria-live="polite">
          <p>{tn('emergency.preview', preview.blocksTotal)}</p>
          <ul class="mono">
            {preview.blocks.slice(0, 10).map((block) => (
              <li key={String(block.id)}>{defang(block.indicator)}</li>
            ))}
            {preview.blocksTotal > 10n && <li>…</li>}
          </ul>
        </section>
      )}
    </FormDialog>
  )
}
