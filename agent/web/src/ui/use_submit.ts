import { useState } from 'preact/hooks'
import { type Problem, problemOf } from '../api/client'

// Runs what a form submits, once at a time, and keeps what went wrong with it.
export function useSubmit(act: () => Promise<void>) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event?: Event) => {
    event?.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      await act()
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, submit }
}
