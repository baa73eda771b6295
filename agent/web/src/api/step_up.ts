import { Code, ConnectError } from '@connectrpc/connect'
import { signal } from '@preact/signals'
import { api, onStepUpRequired } from './client'
import { readSession, session } from './session'

// Set while some act waits for the person to confirm the session; ends the wait.
export const stepUpAsked = signal<((isConfirmed: boolean) => void) | undefined>(undefined)

let answer: Promise<boolean> | undefined

// Acts that are refused while the dialog is open wait for the same answer.
onStepUpRequired(() => {
  answer ??= new Promise<boolean>((resolve) => {
    stepUpAsked.value = (isConfirmed) => {
      stepUpAsked.value = undefined
      answer = undefined
      resolve(isConfirmed)
    }
  })
  return answer
})

export async function stepUp(password: string, oneTimeCode: string) {
  try {
    session.value = (await api.sessions.stepUp({ password, oneTimeCode })).session ?? null
  } catch (error) {
    // It may be the session that is over rather than the password that is wrong.
    if (ConnectError.from(error).code === Code.Unauthenticated) await readSession()
    throw error
  }
  stepUpAsked.value?.(true)
}
