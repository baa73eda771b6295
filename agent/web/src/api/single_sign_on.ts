// Log-in by the provider of the agent's section `oidc`. The browser goes there and comes back to
// `returnPath` with a code, of which only the agent makes something.
import { signal } from '@preact/signals'
import { api } from './client'
import { readSession, session } from './session'

export const returnPath = '/single-sign-on'

// What to call the provider, and whether this session is by it. Undefined until asked, or without.
export const provider = signal<{ label: string; isOfSession: boolean } | undefined>(undefined)

export async function readProvider() {
  try {
    const { label, isOfSession } = await api.singleSignOn.getProvider({})
    provider.value = label ? { label, isOfSession } : undefined
  } catch {
    provider.value = undefined // there is still the password
  }
}

const placeKey = 'place-after-log-in'

export async function logInElsewhere() {
  const { url } = await api.singleSignOn.begin({})
  sessionStorage.setItem(placeKey, location.pathname + location.search)
  location.assign(url)
}

// Where to go on, once.
export function takePlace() {
  const place = sessionStorage.getItem(placeKey) ?? '/'
  sessionStorage.removeItem(placeKey)
  return place.startsWith(returnPath) || place.startsWith('/invitation') ? '/' : place
}

const confirmed = 'confirmed'
const openChannel = () => new BroadcastChannel('sekisho-step-up')

// Confirms in another window, so that what is open here stays. Resolves once the person is confirmed
// there; `stop` ends the wait.
export async function confirmElsewhere(stop: AbortSignal) {
  // Before anything is awaited: it is the click that allows it.
  const other = window.open('', '_blank')
  const channel = openChannel()
  try {
    const done = new Promise<void>((resolve, reject) => {
      channel.onmessage = ({ data }) => data === confirmed && resolve()
      stop.addEventListener('abort', () => reject(stop.reason))
    })
    const { url } = await api.singleSignOn.beginStepUp({})
    if (other) other.location.href = url
    await done
  } catch (error) {
    other?.close()
    throw error
  } finally {
    channel.close()
  }
  await readSession()
}

// Hands the provider's answer to the agent. True if it was a confirmation, of which the window that
// waits for it is told.
export async function finishElsewhere(query: URLSearchParams): Promise<boolean> {
  const of = (name: string) => query.get(name) ?? ''
  const answer = await api.singleSignOn.finish({
    code: of('code'),
    state: of('state'),
    iss: of('iss'),
    error: of('error'),
  })
  session.value = answer.session ?? null
  if (answer.isStepUp) {
    const channel = openChannel()
    channel.postMessage(confirmed)
    channel.close()
  }
  return answer.isStepUp
}
