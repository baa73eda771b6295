// How many unblock requests wait for an answer, as the navigation shows it.
import { signal } from '@preact/signals'
import { whenChanged } from './changes'
import { api, unattended } from './client'
import { may } from './session'

export const waitingRequests = signal(0)

// Resolves to whether they could be read.
export async function readWaitingRequests(): Promise<boolean> {
  if (!may('UnblockRequests/Grant')) return true
  try {
    const { requests } = await api.unblockRequests.listUnblockRequests({}, { headers: unattended })
    waitingRequests.value = requests.length
    return true
  } catch {
    return false // The page itself says what is wrong.
  }
}

// Returns how to stop.
export function watchWaitingRequests(): () => void {
  readWaitingRequests()
  return whenChanged(readWaitingRequests)
}
