// What this page says of who is at which proposals.
import { useEffect, useRef } from 'preact/hooks'
import { api, sendOnLeaving, unattended } from '../../api/client'
import { may } from '../../api/session'
import { waitingIds } from './outbox'

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
