import type { JSX } from 'preact'
import { t } from '../i18n'
import { Field } from './parts'

interface Props extends Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'label' | 'onInput'> {
  label: string
  hint?: string
  value: string
  onText: (text: string) => void
}

export function TextField({ label, hint, onText, ...rest }: Props) {
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <input {...field} {...rest} onInput={(event) => onText(event.currentTarget.value)} />
      )}
    </Field>
  )
}

// For what somebody types or pastes of a domain, an address or a URL.
export function IndicatorField(props: Omit<Props, 'label'>) {
  return (
    <TextField
      label={t('blocks.indicator')}
      hint={t('explain.indicator.hint')}
      class="mono"
      required
      spellcheck={false}
      autocapitalize="none"
      {...props}
    />
  )
}
