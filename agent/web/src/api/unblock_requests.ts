// How many unblock requests wait for an answer, as the navigation shows it.
import { signal } from '@preact/signals'
import { api, unattended } from './client'
import { may } from './session'

export const waitingRequests = signal(0)

const readEvery = 60_000

export async function readWaitingRequests() {
  if (!may('UnblockRequests/Grant')) return
  try {
    const { requests } = await api.unblockRequests.listUnblockRequests({}, { headers: unattended })
    waitingRequests.value = requests.length
  } catch {
    // The page itself says what is wrong.
  }
}

// Returns how to stop.
export function watchWaitingRequests(): () => void {
  readWaitingRequests()
  const timer = setInterval(readWaitingRequests, readEvery)
  return () => clearInterval(timer)
}
