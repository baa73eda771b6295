import { useState } from 'preact/hooks'
import type { CreateTokenResponse, TokenRole } from '#api'
import { api } from '../../api/client'
import { t, tCode } from '../../i18n'
import { formatSeconds, toDuration } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { OneTimeDialog } from '../../ui/one_time_dialog'
import { SelectField } from '../../ui/select_field'
import { TextField } from '../../ui/text_field'
import { everything, scopeOf } from './scope'
import { ScopeField } from './scope_field'

const day = 86_400
const lifetimes = [day, 7 * day, 30 * day, 90 * day, 180 * day, 366 * day]

interface Props {
  roles: TokenRole[]
  onClose: () => void
}

// Makes a token, and shows it once.
export function TokenDialog({ roles, onClose }: Props) {
  const [name, setName] = useState('')
  const [roleName, setRoleName] = useState('viewer')
  const [lifetime, setLifetime] = useState(90 * day)
  const [chosen, setChosen] = useState(everything)
  const [created, setCreated] = useState<CreateTokenResponse>()
  const role = roles.find((each) => each.name === roleName)
  const scope = scopeOf(chosen, role)
  if (created) {
    const { token, secret } = created
    return (
      <OneTimeDialog
        title={t('accounts.tokens.made', { name: token?.name ?? '' })}
        intro={t('accounts.tokens.once')}
        text={secret}
        expires={token?.expires}
        onClose={onClose}
      />
    )
  }
  return (
    <FormDialog
      title={t('accounts.tokens.create')}
      submit={t('accounts.tokens.create')}
      disabled={!scope}
      act={async () => {
        setCreated(
          await api.accounts.createToken({
            name: name.trim(),
            role: roleName,
            lifetime: toDuration(lifetime),
            scope,
          }),
        )
      }}
      onClose={onClose}
    >
      <TextField
        label={t('logIn.name')}
        hint={t('accounts.tokens.name.hint')}
        autocapitalize="none"
        spellcheck={false}
        required
        value={name}
        onText={setName}
      />
      <SelectField
        label={t('account.role')}
        value={roleName}
        choices={roles.map(({ name }) => ({ value: name, text: tCode('role', name) }))}
        onValue={setRoleName}
      />
      <SelectField
        label={t('accounts.tokens.lifetime')}
        value={lifetime}
        choices={lifetimes.map((each) => ({ value: each, text: formatSeconds(each) }))}
        onValue={(value) => setLifetime(Number(value))}
      />
      <ScopeField role={role} chosen={chosen} onChosen={setChosen} />
    </FormDialog>
  )
}
