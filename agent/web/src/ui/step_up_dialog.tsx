import { Code } from '@connectrpc/connect'
import { useEffect, useState } from 'preact/hooks'
import { stepUp, stepUpAsked } from '../api/step_up'
import { t } from '../i18n'
import { FormDialog } from './form_dialog'
import { Secrets } from './secrets'

// Over whatever is open, which goes on by itself once the person is confirmed.
export function StepUp() {
  return stepUpAsked.value ? <StepUpDialog /> : null
}

function StepUpDialog() {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const close = () => stepUpAsked.value?.(false)
  // The session may end meanwhile.
  useEffect(() => close, [])
  return (
    <FormDialog
      title={t('stepUp.title')}
      submit={t('stepUp.submit')}
      act={() => stepUp(password, code)}
      onClose={close}
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
