import { useState } from 'preact/hooks'
import type { CreateTokenResponse, TokenRole } from '#api'
import { api } from '../../api/client'
import { t, tCode } from '../../i18n'
import { formatSeconds, toDuration } from '../../lib/time'
import { Dialog } from '../../ui/dialog'
import { FormDialog } from '../../ui/form_dialog'
import { OneTimeText } from '../../ui/one_time_text'
import { Field, Time } from '../../ui/parts'
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
  if (created) return <Secret created={created} onClose={onClose} />
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
      <Field label={t('account.role')}>
        {(field) => (
          <select
            {...field}
            value={roleName}
            onChange={(event) => setRoleName(event.currentTarget.value)}
          >
            {roles.map((each) => (
              <option key={each.name} value={each.name}>
                {tCode('role', each.name)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t('accounts.tokens.lifetime')}>
        {(field) => (
          <select
            {...field}
            value={lifetime}
            onChange={(event) => setLifetime(Number(event.currentTarget.value))}
          >
            {lifetimes.map((each) => (
              <option key={each} value={each}>
                {formatSeconds(each)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ScopeField role={role} chosen={chosen} onChosen={setChosen} />
    </FormDialog>
  )
}

interface SecretProps {
  created: CreateTokenResponse
  onClose: () => void
}

function Secret({ created: { token, secret }, onClose }: SecretProps) {
  return (
    <Dialog title={t('accounts.tokens.made', { name: token?.name ?? '' })} onClose={onClose}>
      <p>{t('accounts.tokens.once')}</p>
      <OneTimeText text={secret} />
      <p class="quiet">
        {t('accounts.invitation.until')} <Time at={token?.expires} />
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          {t('action.close')}
        </button>
      </div>
    </Dialog>
  )
}
