import { Code, ConnectError } from '@connectrpc/connect'
import { useEffect, useState } from 'preact/hooks'
import {
  type DecideResponse,
  type DecisionConflict,
  DecisionConflictSchema,
  type Proposal,
} from '#api'
import { problemOf } from '../../api/client'
import { t, tn } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { showToast } from '../../ui/toasts'
import { type Decision, decideLater, type Outcome, undoLast, undoMilliseconds } from './outbox'
import { nameOf, rememberReason } from './reasons'
import type { QueueRows } from './use_queue'

export interface Conflict {
  seen: Proposal
  // How it is now, and who decided it, in the agent's words; undefined: it is gone.
  told?: DecisionConflict
}

// Where somebody is in the queue, what they marked, and what becomes of what they decide.
export function useTriage(queue: QueueRows) {
  // The row is remembered by its proposal, since others come and go above it.
  const [here, setHere] = useState<{ id?: bigint; index: number }>({ index: 0 })
  const [marked, setMarked] = useState<ReadonlyMap<bigint, Proposal>>(new Map())
  const [anchor, setAnchor] = useState(0)
  const [conflict, setConflict] = useState<Conflict>()
  const last = queue.rows.length - 1
  const clamp = (index: number) => Math.min(Math.max(index, 0), Math.max(last, 0))
  const found = queue.rows.findIndex((row) => row.id === here.id)
  // The row that took a decided one's place is the next to look at.
  const current = found >= 0 ? found : clamp(here.index)
  const currentId = queue.rows[current]?.id
  useEffect(() => setHere({ id: currentId, index: current }), [currentId, current])

  const move = (index: number) => {
    const next = clamp(index)
    setHere({ id: queue.rows[next]?.id, index: next })
  }

  const mark = (proposal: Proposal, range: boolean) => {
    const at = queue.rows.findIndex((row) => row.id === proposal.id)
    const next = new Map(marked)
    if (range) {
      const rows = queue.rows.slice(Math.min(anchor, at), Math.max(anchor, at) + 1)
      for (const row of rows) next.set(row.id, row)
    } else if (!next.delete(proposal.id)) {
      next.set(proposal.id, proposal)
    }
    setMarked(next)
    setAnchor(at)
  }

  const settle = (decision: Decision, { response, error }: Outcome) => {
    const seen = decision.proposals[0]
    if (!seen) return
    if (error || response?.refused.length) queue.refused(decision.proposals)
    if (error) {
      const problem = problemOf(error)
      if (problem.code === Code.Aborted || problem.code === Code.NotFound) {
        setConflict({ seen, told: ConnectError.from(error).findDetails(DecisionConflictSchema)[0] })
      } else {
        showToast({ text: `${problem.title} ${agentText(problem.detail)}`, tone: 'danger' }, 12_000)
      }
      queue.reload()
      return
    }
    const refusal = response?.refused[0]
    if (refusal) {
      showToast({ text: `${seen.defanged}: ${agentText(refusal.reason)}`, tone: 'danger' }, 12_000)
      queue.putBack(decision.proposals)
    } else if (response && response.awaiting > 0n) {
      showToast({ text: t('decided.awaiting', { what: seen.defanged }) })
    }
  }

  const decide = (decision: Decision) => {
    rememberReason(decision.verdict, decision.reason)
    queue.remove(new Set(decision.proposals.map((proposal) => proposal.id)))
    decideLater(
      decision,
      (outcome) => settle(decision, outcome),
      () => {
        hide()
        queue.putBack(decision.proposals)
        setHere({ id: decision.proposals[0]?.id, index: current })
      },
    )
    const hide = showToast(
      {
        text: t(`decided.${nameOf(decision.verdict)}`, {
          what: decision.proposals[0]?.defanged ?? '',
        }),
        action: { label: t('decided.undo'), act: undoLast },
      },
      undoMilliseconds,
    )
  }

  const decidedMany = (response: DecideResponse) => {
    setMarked(new Map())
    if (response.bulk !== 0n) {
      showToast({ text: tn('decided.bulk', response.matched) }, 10_000)
      queue.reload()
      return
    }
    showToast({ text: tn('decided.many', response.decided) }, 10_000)
    if (response.awaiting > 0n) showToast({ text: tn('bulk.awaiting', response.awaiting) }, 10_000)
    if (response.refused.length > 0) {
      const text = tn('bulk.refused', response.refused.length)
      showToast(
        { text: `${text}: ${agentText(response.refused[0]?.reason ?? '')}`, tone: 'danger' },
        12_000,
      )
    }
    queue.reload()
  }

  return {
    current,
    move,
    marked,
    mark,
    unmarkAll: () => setMarked(new Map()),
    conflict,
    closeConflict: () => setConflict(undefined),
    decide,
    decidedMany,
  }
}
