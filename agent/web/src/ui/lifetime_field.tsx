import { t } from '../i18n'
import { formatSeconds } from '../lib/time'
import { Field } from './parts'

const day = 86_400
const lifetimes = [day, 3 * day, 7 * day, 14 * day, 30 * day, 90 * day]

interface Props {
  label: string
  hint?: string
  unset?: string // what undefined means: what the agent takes by default
  choices?: number[]
  seconds?: number
  onSeconds: (seconds?: number) => void
}

export function LifetimeField({
  label,
  hint,
  unset = t('decide.default'),
  choices = lifetimes,
  seconds,
  onSeconds,
}: Props) {
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <select
          {...field}
          value={seconds ?? ''}
          onChange={(event) => onSeconds(Number(event.currentTarget.value) || undefined)}
        >
          <option value="">{unset}</option>
          {choices.map((each) => (
            <option key={each} value={each}>
              {formatSeconds(each)}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
