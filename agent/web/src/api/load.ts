import { useCallback, useEffect, useState } from 'preact/hooks'
import { whenChanged } from './changes'
import { type Problem, problemOf, unattended } from './client'

export interface Loaded<T> {
  data?: T
  problem?: Problem
  loading: boolean
  reload: () => void
}

type Keys = readonly (string | number | bigint | boolean)[]
export type Options = { signal: AbortSignal; headers?: Record<string, string> }

// Reads from the agent, anew whenever one of `keys` changes. What was there stays shown meanwhile;
// the answer to an outdated question is dropped.
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, keys: Keys): Loaded<T> {
  return useReading(({ signal }) => read(signal), keys, false)
}

// The same, and reads anew when something has changed: without a sign of it, and without keeping
// an idle session. What it shows stays where that fails. `read` passes the options on to its calls.
export function useLive<T>(read: (options: Options) => Promise<T>, keys: Keys): Loaded<T> {
  return useReading(read, keys, true)
}

function useReading<T>(
  read: (options: Options) => Promise<T>,
  keys: Keys,
  isLive: boolean,
): Loaded<T> {
  const [round, setRound] = useState(0)
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ loading: true })
  const reload = useCallback(() => setRound((n) => n + 1), [])

  useEffect(() => {
    const abort = new AbortController()
    setState((old) => ({ ...old, loading: true }))
    const first = read({ signal: abort.signal }).then(
      (data) => abort.signal.aborted || setState({ data, loading: false }),
      (error) =>
        abort.signal.aborted ||
        setState((old) => ({ data: old.data, problem: problemOf(error), loading: false })),
    )
    const stop =
      isLive &&
      whenChanged(async (signal) => {
        await first
        const data = await read({ signal, headers: unattended })
        if (!signal.aborted) setState({ data, loading: false })
        return true
      })
    return () => {
      abort.abort()
      if (stop) stop()
    }
  }, [round, ...keys.map(String)])

  return { ...state, reload }
}
