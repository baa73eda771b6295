import type { JSX } from 'preact'
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
