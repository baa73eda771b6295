// The rows of the queue in the agent's order, while proposals come and go.
import type { Proposal } from '#api'

export function inOrder(a: Proposal, b: Proposal): number {
  return b.confidence - a.confidence || Number(a.id - b.id)
}

// What is shown, once the agent's first page was read again: `whole` if it is the only one. Rows
// further down stay as they are. So does the row `kept`, which somebody looks at: what a key acts on
// must not change under their hand, and the agent refuses what is outdated.
export function mergeRows(
  shown: Proposal[],
  first: Proposal[],
  whole: boolean,
  kept?: bigint,
): Proposal[] {
  const end = first.at(-1)
  const isThere = new Set(first.map((row) => row.id))
  const stays = (row: Proposal) =>
    row.id === kept || (!whole && end !== undefined && inOrder(end, row) < 0)
  return [...first, ...shown.filter((row) => !isThere.has(row.id) && stays(row))].sort(inOrder)
}
