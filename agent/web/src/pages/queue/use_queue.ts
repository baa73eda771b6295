import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Proposal } from '#api'
import { api, type Problem, problemOf, unattended } from '../../api/client'
import { inOrder, mergeRows } from './rows'

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
  // Reads again what the agent shows first, without a sign of it; see mergeRows for `kept`. False
  // if that was not possible now.
  refresh: (kept?: bigint) => Promise<boolean>
  // Takes rows out that are being decided. They stay out, also where another person's vote is
  // needed, until the filter changes or they are `refused` or `putBack`.
  remove: (ids: ReadonlySet<bigint>) => void
  // Shows them from the next time on that the agent is asked.
  refused: (proposals: Proposal[]) => void
  putBack: (proposals: Proposal[]) => void
  replace: (proposal: Proposal) => void
}

// The queue under a filter, page by page as the agent cuts it: highest confidence first.
export function useQueue(filter: string): QueueRows {
  const [state, setState] = useState<State>({ rows: [], total: 0, next: '', loading: true })
  const abort = useRef<AbortController>()
  const leaving = useRef(new Set<bigint>()) // rows that are being decided
  const without = (rows: Proposal[]) => rows.filter((row) => !leaving.current.has(row.id))

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
          rows: without(pageToken ? [...old.rows, ...page.proposals] : page.proposals),
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

  const isRefreshing = useRef(false)
  const refresh = async (kept?: bigint) => {
    if (state.loading || state.problem || isRefreshing.current) return false
    isRefreshing.current = true
    const signal = abort.current?.signal
    try {
      const page = await api.queue.listProposals(
        { filter, limit: pageSize },
        { signal, headers: unattended },
      )
      if (signal?.aborted) return false
      setState((old) => {
        const isWhole = page.nextPageToken === ''
        const rows = mergeRows(old.rows, page.proposals, isWhole, kept)
        const reachesFurther = rows.at(-1)?.id !== page.proposals.at(-1)?.id
        return {
          ...old,
          rows: without(rows),
          total: Number(page.total) - (rows.length - without(rows).length),
          next: reachesFurther && !isWhole ? old.next : page.nextPageToken,
        }
      })
      return true
    } catch {
      return false // The rows are as good as they were.
    } finally {
      isRefreshing.current = false
    }
  }

  useEffect(() => {
    leaving.current.clear()
    setState({ rows: [], total: 0, next: '', loading: true })
    load('')
    return () => abort.current?.abort()
  }, [load])

  const refused = (proposals: Proposal[]) => {
    for (const { id } of proposals) leaving.current.delete(id)
  }

  return {
    ...state,
    reload: useCallback(() => load(''), [load]),
    loadMore: () => {
      if (!state.loading && state.next) load(state.next)
    },
    refresh,
    remove: (ids) => {
      for (const id of ids) leaving.current.add(id)
      setState((old) => {
        const rows = without(old.rows)
        return { ...old, rows, total: old.total - (old.rows.length - rows.length) }
      })
    },
    refused,
    putBack: (proposals) => {
      refused(proposals)
      setState((old) => {
        const there = new Set(old.rows.map((row) => row.id))
        const back = proposals.filter((row) => !there.has(row.id))
        const rows = [...old.rows, ...back].sort(inOrder)
        return { ...old, rows, total: old.total + back.length }
      })
    },
    replace: (proposal) =>
      setState((old) => ({
        ...old,
        rows: old.rows.map((row) => (row.id === proposal.id ? proposal : row)),
      })),
  }
}
