// What changes, told to the whole page by one stream of the agent; where none gets through, by
// asking every few seconds.
import { Code, ConnectError } from '@connectrpc/connect'
import { signal } from '@preact/signals'
import type { BulkDecision, ClaimChanges, Presence } from '#api'
import { elapsed, shown } from '../lib/wait'
import { type Claims, noClaims, withChanges } from './claims'
import { api, unattended } from './client'
import { readSession } from './session'

export interface Going {
  others: Presence[] // who else is at the queue
  claims: Claims
  bulk: BulkDecision[] // that are running
}

const nothing: Going = { others: [], claims: noClaims, bulk: [] }
export const going = signal(nothing)

const askEvery = 3000
const silenceMax = 30_000 // the agent says something at least every 15 seconds
const hiddenMax = 15_000
const retryMin = 1000
const retryMax = 300_000

let revision: bigint | undefined
const turn = signal(0) // another number: what the agent has may be other than what is shown

interface Told {
  revision: bigint
  others: Presence[]
  claims?: ClaimChanges
  bulk: BulkDecision[]
}

function tell(now: Told) {
  if (now.revision !== revision) ++turn.value
  revision = now.revision
  const claims = withChanges(going.value.claims, now.claims)
  going.value = { others: now.others, claims, bulk: now.bulk }
}

// Of what came in between nothing is known, nor whether it is still the same agent.
function forget() {
  revision = undefined
  going.value = nothing
}

// For as long as somebody is logged in. Returns how to stop.
export function followChanges(): () => void {
  const stop = new AbortController()
  let isTold = false
  ask(stop.signal, () => isTold)
  follow(stop.signal, (isOn) => {
    isTold = isOn
  })
  return () => {
    stop.abort()
    forget()
  }
}

async function ask(signal: AbortSignal, isTold: () => boolean) {
  const options = { signal, headers: unattended }
  while (!signal.aborted) {
    await elapsed(askEvery, signal)
    if (signal.aborted || isTold() || document.hidden) continue
    try {
      const claimsVersion = going.value.claims.version
      const now = await api.queue.watch({ elsewhere: true, claimsVersion }, options)
      const { decisions } = await api.bulk.listBulk({}, options)
      if (!isTold()) tell({ ...now, bulk: decisions })
    } catch {
      // Whatever the person does next says what is wrong.
      if (!isTold()) forget()
    }
  }
}

// One stream at a time, and one for all tabs of a browser, which has but six connections to an
// agent. The other tabs ask, until it is their turn.
async function follow(signal: AbortSignal, onTold: (isOn: boolean) => void) {
  let wait = retryMin
  while (!signal.aborted && navigator.locks) {
    await shown(signal)
    let isGood = false
    try {
      await navigator.locks.request('sekisho-changes', { signal }, async () => {
        isGood = await stream(signal, onTold)
      })
    } catch {
      return // It waited for its turn, and nobody is there any more.
    }
    if (signal.aborted) return
    forget()
    wait = isGood ? retryMin : Math.min(2 * wait, retryMax)
    await elapsed(wait, signal)
  }
}

// Resolves to whether it went well: for a while, or until the page was hidden or `signal` said so.
async function stream(signal: AbortSignal, onTold: (isOn: boolean) => void): Promise<boolean> {
  if (document.hidden || signal.aborted) return true
  const abort = new AbortController()
  const end = () => abort.abort()
  let began: number | undefined
  let silence = setTimeout(end, silenceMax)
  let hiding: ReturnType<typeof setTimeout> | undefined
  const onVisibility = () => {
    clearTimeout(hiding)
    if (document.hidden) hiding = setTimeout(end, hiddenMax)
  }
  signal.addEventListener('abort', end)
  document.addEventListener('visibilitychange', onVisibility)
  try {
    const options = { signal: abort.signal, headers: unattended }
    for await (const now of api.changes.follow({}, options)) {
      began ??= Date.now()
      onTold(true)
      clearTimeout(silence)
      silence = setTimeout(end, silenceMax)
      tell(now)
    }
  } catch (error) {
    if (ConnectError.from(error).code === Code.Unauthenticated) readSession()
  } finally {
    onTold(false)
    clearTimeout(silence)
    clearTimeout(hiding)
    signal.removeEventListener('abort', end)
    document.removeEventListener('visibilitychange', onVisibility)
  }
  const isLasting = began !== undefined && Date.now() - began > silenceMax
  return isLasting || document.hidden || signal.aborted
}

const pauseMin = 2000
const workShare = 10 // reading anew takes no more than this part of the time

// Calls `act` whenever something may have changed and somebody can see it; again if it resolved to
// false or failed. Returns how to stop.
export function whenChanged(act: (signal: AbortSignal) => Promise<boolean>): () => void {
  const stop = new AbortController()
  let seen = turn.peek()
  let isPausing = false
  const look = async () => {
    const now = turn.peek()
    if (isPausing || now === seen || document.hidden || stop.signal.aborted) return
    isPausing = true
    const began = Date.now()
    if (await act(stop.signal).catch(() => false)) seen = now
    await elapsed(Math.max(pauseMin, workShare * (Date.now() - began)), stop.signal)
    isPausing = false
    look()
  }
  const unsubscribe = turn.subscribe(() => {
    look()
  })
  document.addEventListener('visibilitychange', look)
  return () => {
    stop.abort()
    unsubscribe()
    document.removeEventListener('visibilitychange', look)
  }
}
