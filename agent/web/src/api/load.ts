import { useCallback, useEffect, useState } from 'preact/hooks'
import { type Problem, problemOf } from './client'

export interface Loaded<T> {
  data?: T
  problem?: Problem
  loading: boolean
  reload: () => void
}

// Reads from the agent, anew whenever one of `keys` changes. What was there stays shown meanwhile;
// the answer to an outdated question is dropped.
export function useLoad<T>(
  read: (signal: AbortSignal) => Promise<T>,
  keys: readonly (string | number | bigint | boolean)[],
): Loaded<T> {
  const [round, setRound] = useState(0)
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ loading: true })
  const reload = useCallback(() => setRound((n) => n + 1), [])

  useEffect(() => {
    const abort = new AbortController()
    setState((old) => ({ ...old, loading: true }))
    read(abort.signal).then(
      (data) => abort.signal.aborted || setState({ data, loading: false }),
      (error) =>
        abort.signal.aborted ||
        setState((old) => ({ data: old.data, problem: problemOf(error), loading: false })),
    )
    return () => abort.abort()
  }, [round, ...keys.map(String)])

  return { ...state, reload }
}
