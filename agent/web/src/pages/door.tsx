// Outside: logging in, here or by single sign-on, and redeeming an invitation.
import { Code } from '@connectrpc/connect'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { type Problem, problemOf } from '../api/client'
import { logIn, redeem } from '../api/session'
import {
  finishElsewhere,
  logInElsewhere,
  provider,
  readProvider,
  takePlace,
} from '../api/single_sign_on'
import { t } from '../i18n'
import { ProblemBox } from '../ui/parts'
import { Preferences } from '../ui/preferences'
import { CodeField } from '../ui/secrets'
import { TextField } from '../ui/text_field'
import { useSubmit } from '../ui/use_submit'

export const passwordLengthMin = 12

export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="door">
      <div class="box">
        <div class="brand">
          <img src="/icon.svg" alt="" />
          Sekisho
        </div>
        <div class="card stack">
          <h1>{title}</h1>
          {children}
        </div>
        <Preferences />
      </div>
    </main>
  )
}

export function LogInPage() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const { busy, problem, submit } = useSubmit(() => logIn(name, password, code))
  // The password was right, and the account has a second factor.
  const wantsCode = problem?.detail === 'one-time code required' || code !== ''
  const shown =
    problem?.code === Code.Unauthenticated
      ? { ...problem, title: t(wantsCode && !code ? 'logIn.needsCode' : 'logIn.wrong'), detail: '' }
      : problem
  return (
    <Door title={t('logIn.title')}>
      <form onSubmit={submit}>
        {shown && <ProblemBox problem={shown} />}
        <TextField
          label={t('logIn.name')}
          value={name}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          onText={setName}
        />
        <TextField
          label={t('logIn.password')}
          type="password"
          value={password}
          autocomplete="current-password"
          required
          onText={setPassword}
        />
        {wantsCode && <CodeField autofocus value={code} onText={setCode} />}
        <button type="submit" class="primary" disabled={busy}>
          {t('logIn.submit')}
        </button>
      </form>
      <SignOn />
    </Door>
  )
}

function SignOn() {
  const { busy, problem, submit } = useSubmit(logInElsewhere)
  useEffect(() => {
    readProvider()
  }, [])
  if (!provider.value) return null
  return (
    <form onSubmit={submit}>
      {problem && <ProblemBox problem={problem} />}
      <button type="submit" disabled={busy}>
        {t('signOn.begin', { provider: provider.value.label })}
      </button>
    </form>
  )
}

// Where the provider sends the browser back to. The code leaves the address at once; nobody can use
// it twice.
export function SignOnPage() {
  const [, navigate] = useLocation()
  const [problem, setProblem] = useState<Problem>()
  const [isConfirmed, setConfirmed] = useState(false)
  useEffect(() => {
    const query = new URLSearchParams(location.search)
    history.replaceState(null, '', location.pathname)
    finishElsewhere(query).then(
      (isStepUp) => {
        if (!isStepUp) return navigate(takePlace(), { replace: true })
        setConfirmed(true)
        window.close()
      },
      (error) => setProblem({ ...problemOf(error), title: t('signOn.failed') }),
    )
  }, [])
  return (
    <Door title={t('signOn.title')}>
      {problem ? (
        <>
          <ProblemBox problem={problem} />
          <Link href="/">{t('signOn.back')}</Link>
        </>
      ) : (
        <p role="status">{t(isConfirmed ? 'signOn.confirmed' : 'signOn.busy')}</p>
      )}
    </Door>
  )
}

// The token is in the fragment, which no browser sends to a server or writes into a referrer.
export function RedeemPage() {
  const [, navigate] = useLocation()
  const [token, setToken] = useState(() => location.hash.slice(1))
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, problem, submit } = useSubmit(async () => {
    await redeem(token, name, password)
    navigate('/', { replace: true })
  })
  return (
    <Door title={t('redeem.title')}>
      <p class="quiet">{t('redeem.intro')}</p>
      <form onSubmit={submit}>
        {problem && <ProblemBox problem={problem} />}
        <TextField
          label={t('redeem.token')}
          class="mono"
          value={token}
          autocomplete="off"
          spellcheck={false}
          required
          onText={(text) => setToken(text.trim())}
        />
        <TextField
          label={t('logIn.name')}
          hint={t('redeem.name.hint')}
          value={name}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          onText={setName}
        />
        <TextField
          label={t('redeem.password')}
          hint={t('redeem.password.hint', { n: passwordLengthMin })}
          type="password"
          value={password}
          autocomplete="new-password"
          minLength={passwordLengthMin}
          required
          onText={setPassword}
        />
        <button type="submit" class="primary" disabled={busy}>
          {t('redeem.submit')}
        </button>
      </form>
    </Door>
  )
}
