import { useEffect, useRef, useState } from 'preact/hooks'
import type { Presence } from '#api'
import { api, unattended } from '../../api/client'

const watchMilliseconds = 3000

// Tells others where this person is, and returns where they are; calls `onChange` when the queue may
// have changed, again until it is true. Rests while nobody sees the page.
export function useWatch(filter: string, id: bigint, onChange: () => Promise<boolean>): Presence[] {
  const [others, setOthers] = useState<Presence[]>([])
  const latest = useRef({ filter, id, onChange })
  latest.current = { filter, id, onChange }

  useEffect(() => {
    const abort = new AbortController()
    let revision: bigint | undefined
    const watch = async () => {
      if (document.hidden) return
      const { filter, id } = latest.current
      try {
        const answer = await api.queue.watch(
          { filter, id },
          { signal: abort.signal, headers: unattended },
        )
        setOthers(answer.others)
        const isNew = answer.revision !== revision
        if (isNew && (await latest.current.onChange())) revision = answer.revision
      } catch {
        // Whatever the person does next says what is wrong.
        setOthers([])
      }
    }
    watch()
    const timer = setInterval(watch, watchMilliseconds)
    return () => {
      clearInterval(timer)
      abort.abort()
    }
  }, [])

  return others
}
