// The agent's services, as the page calls them: Connect over the same origin, the session in a
// cookie that no script can read.
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import * as service from '#api'
import { t } from '../i18n'

let whenLoggedOut = () => {}
// What to do once the agent no longer knows the session.
export function onLoggedOut(act: () => void) {
  whenLoggedOut = act
}

const watchSession: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    const { typeName } = request.service
    const isLogIn =
      typeName === service.Sessions.typeName || typeName === service.SingleSignOn.typeName
    if (!isLogIn && ConnectError.from(error).code === Code.Unauthenticated) whenLoggedOut()
    throw error
  }
}

const stepUpRequired = 'step-up required'
let confirmPerson = async () => false
// What to do when the agent wants to know that the person still sits there; resolves to whether it
// knows now.
export function onStepUpRequired(act: () => Promise<boolean>) {
  confirmPerson = act
}

// The agent has done nothing of an act that it refuses so (Queue.Decide and others); once the
// person is confirmed, the very same request goes on.
const stepUpWhereRequired: Interceptor = (next) => async (request) => {
  try {
    return await next(request)
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error)
    const isRequired = code === Code.PermissionDenied && rawMessage.startsWith(stepUpRequired)
    if (!isRequired || !(await confirmPerson())) throw error
    return await next(request)
  }
}

let leaving = false
// Runs `send` as the page closes; its calls outlive the page.
export function sendOnLeaving(send: () => void) {
  addEventListener('pagehide', () => {
    leaving = true
    send()
    leaving = false
  })
}

const transport = createConnectTransport({
  baseUrl: '/',
  useBinaryFormat: true,
  interceptors: [watchSession, stepUpWhereRequired],
  fetch: (input, init) => fetch(input, { ...init, keepalive: leaving }),
})

export const api = {
  accounts: createClient(service.Accounts, transport),
  allowlists: createClient(service.Allowlists, transport),
  sessions: createClient(service.Sessions, transport),
  singleSignOn: createClient(service.SingleSignOn, transport),
  queue: createClient(service.Queue, transport),
  bulk: createClient(service.Bulk, transport),
  changes: createClient(service.Changes, transport),
  blocks: createClient(service.Blocks, transport),
  emergencies: createClient(service.Emergencies, transport),
  unblockRequests: createClient(service.UnblockRequests, transport),
  notifications: createClient(service.Notifications, transport),
  standing: createClient(service.StandingApprovals, transport),
  releases: createClient(service.Releases, transport),
  policy: createClient(service.Policy, transport),
  rules: createClient(service.Rules, transport),
  scoreboard: createClient(service.Scoreboard, transport),
  devices: createClient(service.Devices, transport),
  feeds: createClient(service.Feeds, transport),
  history: createClient(service.History, transport),
}

// The headers of what the page asks by itself, without a person who wants it: so an idle session
// ends.
export const unattended = { 'sekisho-unattended': '1' }

export interface Problem {
  code: Code
  title: string // what happened, and what to do, in the reader's language
  detail: string // the agent's own words
}

export function problemOf(error: unknown): Problem {
  const { code, rawMessage } = ConnectError.from(error)
  const title = rawMessage.startsWith(stepUpRequired) ? 'problem.stepUp' : titleKey(code)
  return { code, title: t(title), detail: rawMessage }
}

function titleKey(code: Code) {
  switch (code) {
    case Code.InvalidArgument:
      return 'problem.invalid'
    case Code.Unauthenticated:
      return 'problem.unauthenticated'
    case Code.PermissionDenied:
      return 'problem.denied'
    case Code.NotFound:
      return 'problem.notFound'
    case Code.Aborted:
      return 'problem.conflict'
    case Code.ResourceExhausted:
      return 'problem.exhausted'
    case Code.FailedPrecondition:
      return 'problem.precondition'
    case Code.Unavailable:
    case Code.Unknown:
    case Code.DeadlineExceeded:
      return 'problem.unreachable'
    default:
      return 'problem.internal'
  }
}
