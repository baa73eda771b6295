import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ProposalSchema } from '#api'
import { api } from '../../api/client'
import { decideLater, sendAll, undoLast, undoMilliseconds, Verdict } from './outbox'

const decide = vi.spyOn(api.queue, 'decide').mockImplementation(async () => ({}) as never)

function decision(id: bigint) {
  const proposal = create(ProposalSchema, { id, digest: Uint8Array.of(Number(id)) })
  return { proposals: [proposal], verdict: Verdict.APPROVE, reason: 'looked at' }
}

beforeEach(() => {
  vi.useFakeTimers()
  decide.mockClear()
})
afterEach(() => vi.useRealTimers())

it('The agent hears of a decision once the undo window is over, with the digest that was seen', () => {
  decideLater(decision(7n), vi.fn(), vi.fn())
  vi.advanceTimersByTime(undoMilliseconds - 1)
  expect(decide).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(decide).toHaveBeenCalledWith(
    expect.objectContaining({ ids: [7n], digests: [Uint8Array.of(7)], reason: 'looked at' }),
  )
})

it('What is undone never reaches the agent; the newest goes first', () => {
  const takenBack = [vi.fn(), vi.fn()]
  decideLater(decision(1n), vi.fn(), takenBack[0] as () => void)
  decideLater(decision(2n), vi.fn(), takenBack[1] as () => void)
  expect(undoLast()).toBe(true)
  expect(takenBack[1]).toHaveBeenCalledOnce()
  expect(takenBack[0]).not.toHaveBeenCalled()
  expect(undoLast()).toBe(true)
  expect(undoLast()).toBe(false)
  vi.advanceTimersByTime(2 * undoMilliseconds)
  expect(decide).not.toHaveBeenCalled()
})

it('Who leaves the page has decided', () => {
  decideLater(decision(3n), vi.fn(), vi.fn())
  sendAll()
  expect(decide).toHaveBeenCalledOnce()
  expect(undoLast()).toBe(false)
  vi.advanceTimersByTime(2 * undoMilliseconds)
  expect(decide).toHaveBeenCalledOnce()
})
