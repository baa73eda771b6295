import { session } from '../api/session'
import { t } from '../i18n'
import { TextField } from './text_field'

interface Props {
  password: string
  setPassword: (password: string) => void
  code: string
  setCode: (code: string) => void
  autofocus?: boolean
}

// What shows that it is really them: the password, and a code where the account has one.
export function Secrets({ password, setPassword, code, setCode, autofocus = false }: Props) {
  return (
    <>
      <TextField
        label={t('logIn.password')}
        type="password"
        autocomplete="current-password"
        required
        autofocus={autofocus}
        value={password}
        onText={setPassword}
      />
      {session.value?.hasOneTimeCode && <CodeField required value={code} onText={setCode} />}
    </>
  )
}

interface CodeProps {
  value: string
  onText: (text: string) => void
  required?: boolean
  autofocus?: boolean
}

export function CodeField(props: CodeProps) {
  return (
    <TextField
      label={t('logIn.code')}
      hint={t('logIn.code.hint')}
      autocomplete="one-time-code"
      inputMode="numeric"
      maxLength={6}
      {...props}
    />
  )
}
