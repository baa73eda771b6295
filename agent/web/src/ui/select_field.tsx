import { Field } from './parts'

interface Props {
  label: string
  hint?: string
  value: string | number
  choices: readonly { value: string | number; text: string }[]
  onValue: (value: string) => void
}

export function SelectField({ label, hint, value, choices, onValue }: Props) {
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <select {...field} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
