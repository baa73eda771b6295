import { useState } from 'preact/hooks'
import { api } from '../../api/client'
import { t } from '../../i18n'
import { FormDialog } from '../../ui/form_dialog'
import { ReasonField } from '../../ui/reason_dialog'
import { IndicatorField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'

interface Props {
  onClose: () => void
  onDone: () => void
}

export function BlockNowDialog({ onClose, onDone }: Props) {
  const [indicator, setIndicator] = useState('')
  const [reason, setReason] = useState('')
  const act = async () => {
    const indicators = indicator.split(/\s+/).filter((each) => each !== '')
    await api.emergencies.blockNow({ indicators, reason: reason.trim() })
    showToast({ text: t('emergency.block.done') })
    onDone()
  }
  return (
    <FormDialog
      title={t('emergency.act.block')}
      submit={t('emergency.block')}
      danger
      act={act}
      onClose={onClose}
    >
      <p class="quiet">{t('emergency.block.hint')}</p>
      <IndicatorField value={indicator} onText={setIndicator} />
      <ReasonField value={reason} onText={setReason} />
    </FormDialog>
  )
}
