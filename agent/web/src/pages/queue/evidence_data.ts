import type { Block, ExplainResponse, Proposal } from '#api'
import { api } from '../../api/client'
import { may } from '../../api/session'
import { neighbourFilter } from '../../lib/neighbours'

export interface MoreEvidence {
  explained?: ExplainResponse // what the policy makes of it now
  earlier: Proposal[] // decisions on it and on its neighbours, this one left out
  blocks: Block[]
}

const neighboursMax = 12
// Somebody who runs down the list with j does not want an answer for every row.
const pauseMilliseconds = 90

// What the proposal itself does not carry.
export async function evidenceOf(proposal: Proposal): Promise<MoreEvidence> {
  await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds))
  const near = neighbourFilter(proposal.kind, proposal.indicator)
  const [explained, why, neighbours] = await Promise.all([
    may('Policy/Explain') ? api.policy.explain({ indicator: proposal.indicator }) : undefined,
    api.blocks.why({ indicator: proposal.indicator }),
    near
      ? api.queue.listProposals({
          filter: `${near} state:approved state:rejected state:deferred`,
          limit: neighboursMax,
        })
      : undefined,
  ])
  const all = new Map<bigint, Proposal>()
  for (const each of [...why.proposals, ...(neighbours?.proposals ?? [])]) all.set(each.id, each)
  all.delete(proposal.id)
  return { explained, earlier: [...all.values()], blocks: why.blocks }
}
