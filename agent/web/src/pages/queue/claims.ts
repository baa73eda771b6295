// Who is at which proposals: what others said, and what this page says for the person before it.
import { useEffect, useRef } from 'preact/hooks'
import type { Claim, ClaimChanges } from '#api'
import { api, sendOnLeaving, unattended } from '../../api/client'
import { may } from '../../api/session'
import { waitingIds } from './outbox'

export interface Claims {
  version: bigint
  of: ReadonlyMap<bigint, Claim> // others' alone
}

export const noClaims: Claims = { version: 0n, of: new Map() }

export function withChanges(claims: Claims, changes?: ClaimChanges): Claims {
  if (!changes || changes.version === claims.version) return claims
  const of = new Map(changes.isAll ? [] : claims.of)
  for (const id of changes.ended) of.delete(id)
  for (const claim of changes.claims) of.set(claim.id, claim)
  return { version: changes.version, of }
}

export const claimAfterMilliseconds = 2000
export const claimAgainMilliseconds = 180_000
const claimedMax = 200 // the agent's

let claimed: bigint[] = []

// Quietly: whoever may not, or not so many, decides all the same.
function claim(ids: bigint[]) {
  claimed = ids
  api.queue.claim({ ids }, { headers: unattended }).catch(() => {})
}

function release() {
  if (claimed.length > 0) claim([])
}

sendOnLeaving(release)

// Claims `ids` for this person once they stay at them, again and again while they do something, and
// no more once they leave.
export function useClaim(ids: readonly bigint[]) {
  const isActive = useRef(false)
  const latest = useRef(ids)
  latest.current = ids

  useEffect(() => {
    if (!may('Queue/Claim')) return
    const send = () => claim([...latest.current, ...waitingIds()].slice(0, claimedMax))
    const timer = setTimeout(send, claimAfterMilliseconds)
    const again = setInterval(() => {
      if (isActive.current && !document.hidden) send()
      isActive.current = false
    }, claimAgainMilliseconds)
    return () => {
      clearTimeout(timer)
      clearInterval(again)
    }
  }, [ids.join()])

  useEffect(() => {
    const note = () => {
      isActive.current = true
    }
    const signs = ['keydown', 'pointermove', 'pointerdown', 'wheel'] as const
    for (const sign of signs) addEventListener(sign, note, { passive: true })
    return () => {
      for (const sign of signs) removeEventListener(sign, note)
      release()
    }
  }, [])
}
