import { Code } from '@connectrpc/connect'
import { useEffect, useState } from 'preact/hooks'
import { confirmElsewhere, provider, readProvider } from '../api/single_sign_on'
import { stepUp, stepUpAsked } from '../api/step_up'
import { t } from '../i18n'
import { FormDialog } from './form_dialog'
import { Secrets } from './secrets'

// Over whatever is open, which goes on by itself once the person is confirmed.
export function StepUp() {
  return stepUpAsked.value ? <StepUpDialog /> : null
}

function StepUpDialog() {
  const [isKnown, setKnown] = useState(false)
  const close = () => stepUpAsked.value?.(false)
  useEffect(() => {
    readProvider().then(() => setKnown(true))
    // The session may end meanwhile.
    return close
  }, [])
  if (!isKnown) return null
  return provider.value?.isOfSession ? (
    <ElsewhereDialog label={provider.value.label} onClose={close} />
  ) : (
    <PasswordDialog onClose={close} />
  )
}

// Whoever came by single sign-on has no password here.
function ElsewhereDialog({ label, onClose }: { label: string; onClose: () => void }) {
  const [waiting] = useState(() => new AbortController())
  useEffect(() => () => waiting.abort(), [])
  return (
    <FormDialog
      title={t('stepUp.title')}
      submit={t('signOn.stepUp.submit', { provider: label })}
      act={async () => {
        await confirmElsewhere(waiting.signal)
        stepUpAsked.value?.(true)
      }}
      onClose={onClose}
    >
      <p>{t('signOn.stepUp.intro', { provider: label })}</p>
    </FormDialog>
  )
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  return (
    <FormDialog
      title={t('stepUp.title')}
      submit={t('stepUp.submit')}
      act={() => stepUp(password, code)}
      onClose={onClose}
      explain={(problem) =>
        problem.code === Code.Unauthenticated ? { ...problem, title: t('stepUp.wrong') } : problem
      }
    >
      <p>{t('stepUp.intro')}</p>
      <Secrets
        password={password}
        setPassword={setPassword}
        code={code}
        setCode={setCode}
        autofocus
      />
    </FormDialog>
  )
}
