// The undo window: a decision waits here for some seconds before the agent hears of it. Until then
// nothing has happened, so that taking it back leaves no trace and needs no right.
import { type DecideResponse, type Proposal, DecideRequest_Verdict as Verdict } from '#api'
import { api, sendOnLeaving } from '../../api/client'
import { toDuration } from '../../lib/time'

export { Verdict }

export const undoMilliseconds = 6000

export interface Decision {
  proposals: Proposal[]
  verdict: Verdict
  reason: string
  lifetimeSeconds?: number // approve: of the block; defer: the wait; else the agent's default
}

export interface Outcome {
  response?: DecideResponse
  error?: unknown
}

interface Waiting {
  decision: Decision
  timer: ReturnType<typeof setTimeout>
  send: () => void
  takeBack: () => void
}

const waiting: Waiting[] = []

export function decideNow(decision: Decision): Promise<DecideResponse> {
  return api.queue.decide({
    ids: decision.proposals.map((proposal) => proposal.id),
    digests: decision.proposals.map((proposal) => proposal.digest),
    verdict: decision.verdict,
    reason: decision.reason,
    lifetime: toDuration(decision.lifetimeSeconds),
  })
}

// `done` hears what became of it; `takenBack` that it never happened.
export function decideLater(
  decision: Decision,
  done: (outcome: Outcome) => void,
  takenBack: () => void,
) {
  const send = () => {
    leave(entry)
    decideNow(decision).then(
      (response) => done({ response }),
      (error) => done({ error }),
    )
  }
  const takeBack = () => {
    leave(entry)
    takenBack()
  }
  const entry: Waiting = { decision, send, takeBack, timer: setTimeout(send, undoMilliseconds) }
  waiting.push(entry)
}

function leave(entry: Waiting) {
  clearTimeout(entry.timer)
  const at = waiting.indexOf(entry)
  if (at >= 0) waiting.splice(at, 1)
}

// False if there is nothing to take back any more.
export function undoLast(): boolean {
  const last = waiting.at(-1)
  last?.takeBack()
  return last !== undefined
}

export function waitingIds(): bigint[] {
  return waiting.flatMap(({ decision }) => decision.proposals.map((proposal) => proposal.id))
}

export function sendAll() {
  for (const entry of [...waiting]) entry.send()
}

// Who closes the page has decided.
sendOnLeaving(sendAll)
