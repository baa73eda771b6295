import { useEffect, useRef } from 'preact/hooks'
import { going, whenChanged } from '../../api/changes'
import { api, unattended } from '../../api/client'

const tellEvery = 3000

// Tells others where this person is, and returns where they are and what the agent is at; calls
// `onChange` when the queue may have changed, again until it is true. Rests while nobody sees the
// page.
export function useWatch(filter: string, id: bigint, onChange: () => Promise<boolean>) {
  const latest = useRef({ filter, id, onChange })
  latest.current = { filter, id, onChange }

  useEffect(() => {
    const abort = new AbortController()
    const tell = async () => {
      if (document.hidden) return
      const { filter, id } = latest.current
      const options = { signal: abort.signal, headers: unattended }
      // Whatever the person does next says what is wrong.
      const claimsVersion = going.value.claims.version
      await api.queue.watch({ filter, id, claimsVersion }, options).catch(() => {})
    }
    tell()
    const timer = setInterval(tell, tellEvery)
    const stop = whenChanged(() => latest.current.onChange())
    return () => {
      clearInterval(timer)
      stop()
      abort.abort()
    }
  }, [])

  return going.value
}
