import { useEffect, useState } from 'preact/hooks'
import { api } from '../api/client'
import { readSession, session } from '../api/session'
import { provider, readProvider } from '../api/single_sign_on'
import { t, tCode } from '../i18n'
import { Badge, PageHead, ProblemBox, Time } from '../ui/parts'
import { CodeField, Secrets } from '../ui/secrets'
import { TextField } from '../ui/text_field'
import { showToast } from '../ui/toasts'
import { useSubmit } from '../ui/use_submit'
import { passwordLengthMin } from './door'

// Somebody's own account.
export function AccountPage() {
  const mine = session.value
  useEffect(() => {
    readProvider()
  }, [])
  if (!mine) return null
  return (
    <div class="content">
      <PageHead title={t('nav.account')} />
      <dl class="facts card">
        <dt>{t('logIn.name')}</dt>
        <dd>{mine.name}</dd>
        <dt>{t('account.role')}</dt>
        <dd>{tCode('role', mine.role)}</dd>
        <dt>{t('account.sessionUntil')}</dt>
        <dd>
          <Time at={mine.expires} />
        </dd>
      </dl>
      {provider.value?.isOfSession ? (
        <p class="card">{t('signOn.account', { provider: provider.value.label })}</p>
      ) : (
        <div class="columns">
          <PasswordForm />
          <OneTimeCode hasOne={mine.hasOneTimeCode} />
        </div>
      )}
    </div>
  )
}

function PasswordForm() {
  const [oldPassword, setOldPassword] = useState('')
  const [newPassword, setNewPassword] = useState('')
  const [oneTimeCode, setCode] = useState('')
  const { busy, problem, submit } = useSubmit(async () => {
    await api.sessions.changePassword({ oldPassword, newPassword, oneTimeCode })
    setOldPassword('')
    setNewPassword('')
    setCode('')
    showToast({ text: t('account.passwordChanged') })
  })
  return (
    <form class="card stack" onSubmit={submit}>
      <h2>{t('account.password')}</h2>
      {problem && <ProblemBox problem={problem} />}
      <Secrets
        password={oldPassword}
        setPassword={setOldPassword}
        code={oneTimeCode}
        setCode={setCode}
      />
      <TextField
        label={t('redeem.password')}
        hint={t('redeem.password.hint', { n: passwordLengthMin })}
        type="password"
        autocomplete="new-password"
        minLength={passwordLengthMin}
        required
        value={newPassword}
        onText={setNewPassword}
      />
      <div>
        <button type="submit" class="primary" disabled={busy}>
          {t('account.password')}
        </button>
      </div>
    </form>
  )
}

function OneTimeCode({ hasOne }: { hasOne: boolean }) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [link, setLink] = useState('')
  const [newCode, setNewCode] = useState('')
  const begin = useSubmit(async () => {
    setLink((await api.sessions.setUpOneTimeCode({ password, oneTimeCode: code })).link)
  })
  const confirm = useSubmit(async () => {
    await api.sessions.confirmOneTimeCode({ oneTimeCode: newCode })
    setLink('')
    setPassword('')
    await readSession()
    showToast({ text: t('account.codeOn') })
  })
  return (
    <form class="card stack" onSubmit={link ? confirm.submit : begin.submit}>
      <div class="row spread">
        <h2>{t('logIn.code')}</h2>
        <Badge tone={hasOne ? 'ok' : 'warn'}>
          {t(hasOne ? 'account.code.on' : 'account.code.off')}
        </Badge>
      </div>
      {begin.problem && <ProblemBox problem={begin.problem} />}
      {confirm.problem && <ProblemBox problem={confirm.problem} />}
      {link ? (
        <>
          <p>{t('account.code.secret')}</p>
          <code>{new URL(link).searchParams.get('secret')}</code>
          <a href={link}>{t('account.code.open')}</a>
          <CodeField required value={newCode} onText={setNewCode} />
        </>
      ) : (
        <>
          <p class="quiet">{t('account.code.intro')}</p>
          <Secrets password={password} setPassword={setPassword} code={code} setCode={setCode} />
        </>
      )}
      <div>
        <button type="submit" class="primary" disabled={begin.busy || confirm.busy}>
          {t(link ? 'account.code.confirm' : 'account.code.begin')}
        </button>
      </div>
    </form>
  )
}
