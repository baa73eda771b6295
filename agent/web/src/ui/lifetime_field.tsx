import { t } from '../i18n'
import { formatSeconds } from '../lib/time'
import { SelectField } from './select_field'

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
  const named = choices.map((each) => ({ value: each, text: formatSeconds(each) }))
  return (
    <SelectField
      label={label}
      hint={hint}
      value={seconds ?? ''}
      choices={[{ value: '', text: unset }, ...named]}
      onValue={(value) => onSeconds(Number(value) || undefined)}
    />
  )
}
