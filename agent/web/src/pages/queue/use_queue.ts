import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Proposal } from '#api'
import { api, type Problem, problemOf } from '../../api/client'

const pageSize = 200

interface State {
  rows: Proposal[]
  total: number
  next: string // page token; empty on the last page
  loading: boolean
  problem?: Problem
}

export interface QueueRows extends State {
  loadMore: () => void
  reload: () => void
  // Takes rows out that are being decided; the agent is asked again only at the next reload.
  remove: (ids: ReadonlySet<bigint>) => void
  putBack: (proposals: Proposal[]) => void
  replace: (proposal: Proposal) => void
}

// The queue under a filter, page by page as the agent cuts it: highest confidence first.
export function useQueue(filter: string): QueueRows {
  const [state, setState] = useState<State>({ rows: [], total: 0, next: '', loading: true })
  const abort = useRef<AbortController>()

  const load = useCallback(
    async (pageToken: string) => {
      abort.current?.abort()
      const mine = new AbortController()
      abort.current = mine
      setState((old) => ({ ...old, loading: true, problem: undefined }))
      try {
        const page = await api.queue.listProposals(
          { filter, limit: pageSize, pageToken },
          { signal: mine.signal },
        )
        if (mine.signal.aborted) return
        setState((old) => ({
          rows: pageToken ? [...old.rows, ...page.proposals] : page.proposals,
          total: Number(page.total),
          next: page.nextPageToken,
          loading: false,
        }))
      } catch (error) {
        if (mine.signal.aborted) return
        setState((old) => ({ ...old, loading: false, problem: problemOf(error) }))
      }
    },
    [filter],
  )

  useEffect(() => {
    setState({ rows: [], total: 0, next: '', loading: true })
    load('')
    return () => abort.current?.abort()
  }, [load])

  return {
    ...state,
    reload: useCallback(() => load(''), [load]),
    loadMore: () => {
      if (!state.loading && state.next) load(state.next)
    },
    remove: (ids) =>
      setState((old) => {
        const rows = old.rows.filter((row) => !ids.has(row.id))
        return { ...old, rows, total: old.total - (old.rows.length - rows.length) }
      }),
    putBack: (proposals) =>
      setState((old) => {
        const rows = [...old.rows, ...proposals].sort(
          (a, b) => b.confidence - a.confidence || Number(a.id - b.id),
        )
        return { ...old, rows, total: old.total + proposals.length }
      }),
    replace: (proposal) =>
      setState((old) => ({
        ...old,
        rows: old.rows.map((row) => (row.id === proposal.id ? proposal : row)),
      })),
  }
}
