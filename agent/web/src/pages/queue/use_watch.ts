import { useEffect, useRef, useState } from 'preact/hooks'
import type { BulkDecision, Presence } from '#api'
import { api, unattended } from '../../api/client'

const watchMilliseconds = 3000

export interface Watched {
  others: Presence[]
  bulk: BulkDecision[] // that are running
}

const nothing: Watched = { others: [], bulk: [] }

// Tells others where this person is, and returns where they are and what the agent is at; calls
// `onChange` when the queue may have changed, again until it is true. By a stream and, where none
// gets through, by asking every few seconds. Rests while nobody sees the page: a browser has few
// connections to an agent, for all its tabs.
export function useWatch(filter: string, id: bigint, onChange: () => Promise<boolean>): Watched {
  const [watched, setWatched] = useState(nothing)
  const latest = useRef({ filter, id, onChange })
  latest.current = { filter, id, onChange }

  useEffect(() => {
    const abort = new AbortController()
    const options = { signal: abort.signal, headers: unattended }
    let streams = false
    let seen: bigint | undefined
    let shown: bigint | undefined

    const show = async () => {
      const revision = seen
      if (revision !== shown && (await latest.current.onChange())) shown = revision
    }
    const follow = async () => {
      try {
        for await (const { revision, others, bulk } of api.changes.follow({}, options)) {
          streams = true
          seen = revision
          setWatched({ others, bulk })
          await show()
          if (document.hidden) break
        }
      } catch {
        // It is tried again; until then there is the asking.
      }
      streams = false
    }
    const ask = async () => {
      const { filter, id } = latest.current
      try {
        const { revision, others } = await api.queue.watch({ filter, id }, options)
        if (streams) return
        const { decisions } = await api.bulk.listBulk({}, options)
        seen = revision
        setWatched({ others, bulk: decisions })
      } catch {
        // Whatever the person does next says what is wrong.
        setWatched(nothing)
      }
    }
    let isFollowing = false
    const look = async () => {
      if (document.hidden) return
      if (!isFollowing) {
        isFollowing = true
        follow().finally(() => {
          isFollowing = false
        })
      }
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
