import { useEffect, useRef, useState } from 'preact/hooks'
import type { BulkDecision, Presence } from '#api'
import { api, unattended } from '../../api/client'
import { type Claims, noClaims, withChanges } from './claims'

const watchMilliseconds = 3000

export interface Watched {
  others: Presence[]
  claims: Claims
  bulk: BulkDecision[] // that are running
}

const nothing: Watched = { others: [], claims: noClaims, bulk: [] }

// Tells others where this person is, and returns where they are and what the agent is at; calls
// `onChange` when the queue may have changed, again until it is true. Rests while nobody sees the
// page.
export function useWatch(filter: string, id: bigint, onChange: () => Promise<boolean>): Watched {
  const [watched, setWatched] = useState(nothing)
  const latest = useRef({ filter, id, onChange })
  latest.current = { filter, id, onChange }

  useEffect(() => {
    const abort = new AbortController()
    const options = { signal: abort.signal, headers: unattended }
    let seen: bigint | undefined
    let shown: bigint | undefined
    let claims = noClaims

    const show = async () => {
      const revision = seen
      if (revision !== shown && (await latest.current.onChange())) shown = revision
    }
    const ask = async () => {
      const { filter, id } = latest.current
      try {
        const request = { filter, id, claimsVersion: claims.version }
        const { revision, others, claims: changes } = await api.queue.watch(request, options)
        const { decisions } = await api.bulk.listBulk({}, options)
        seen = revision
        claims = withChanges(claims, changes)
        setWatched({ others, claims, bulk: decisions })
      } catch {
        // Whatever the person does next says what is wrong.
        setWatched(nothing)
      }
    }
    const look = async () => {
      if (document.hidden) return
      await ask()
      await show()
    }
    look()
    const timer = setInterval(look, watchMilliseconds)
    return () => {
      clearInterval(timer)
      abort.abort()
    }
  }, [])

  return watched
}
