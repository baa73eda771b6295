// Outside: logging in, and redeeming an invitation.
import { Code } from '@connectrpc/connect'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { type Problem, problemOf } from '../api/client'
import { logIn, redeem } from '../api/session'
import { t } from '../i18n'
import { Field, ProblemBox } from '../ui/parts'
import { Preferences } from '../ui/preferences'

const passwordLengthMin = 12

function Door({ title, children }: { title: string; children: ComponentChildren }) {
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

// Runs what a form submits, once at a time.
function useSubmit(act: () => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      await act()
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, submit }
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
        <Field label={t('logIn.name')}>
          {(field) => (
            <input
              {...field}
              value={name}
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={t('logIn.password')}>
          {(field) => (
            <input
              {...field}
              type="password"
              value={password}
              autocomplete="current-password"
              required
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        {wantsCode && (
          <Field label={t('logIn.code')} hint={t('logIn.code.hint')}>
            {(field) => (
              <input
                {...field}
                value={code}
                autocomplete="one-time-code"
                inputMode="numeric"
                maxLength={6}
                autofocus
                onInput={(event) => setCode(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        <button type="submit" class="primary" disabled={busy}>
          {t('logIn.submit')}
        </button>
      </form>
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
        <Field label={t('redeem.token')}>
          {(field) => (
            <input
              {...field}
              class="mono"
              value={token}
              autocomplete="off"
              spellcheck={false}
              required
              onInput={(event) => setToken(event.currentTarget.value.trim())}
            />
          )}
        </Field>
        <Field label={t('logIn.name')} hint={t('redeem.name.hint')}>
          {(field) => (
            <input
              {...field}
              value={name}
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              onInput={(event) => setName(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label={t('redeem.password')}
          hint={t('redeem.password.hint', { n: passwordLengthMin })}
        >
          {(field) => (
            <input
              {...field}
              type="password"
              value={password}
              autocomplete="new-password"
              minLength={passwordLengthMin}
              required
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="primary" disabled={busy}>
          {t('redeem.submit')}
        </button>
      </form>
    </Door>
  )
}
