import { signal } from '@preact/signals'
import type { Session } from '#api'
import { api, onLoggedOut } from './client'

// Undefined until the agent was asked, null when nobody is logged in.
export const session = signal<Session | null | undefined>(undefined)

onLoggedOut(() => {
  session.value = null
})

export async function readSession() {
  try {
    session.value = (await api.sessions.getSession({})).session ?? null
  } catch {
    session.value = null
  }
}

export async function logIn(name: string, password: string, oneTimeCode: string) {
  session.value = (await api.sessions.logIn({ name, password, oneTimeCode })).session ?? null
}

export async function redeem(token: string, name: string, password: string) {
  session.value = (await api.sessions.redeem({ token, name, password })).session ?? null
}

export async function logOut() {
  try {
    await api.sessions.logOut({})
  } finally {
    session.value = null
  }
}

// Whether the agent would let this person call a method, "Queue/Decide". The agent decides anew at
// each call; the page only hides what would be refused.
export function may(method: string): boolean {
  return session.value?.methods.includes(`/sekisho.v1.${method}`) ?? false
}
