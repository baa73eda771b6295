import { create } from '@bufbuild/protobuf'
import { renderHook } from '@testing-library/preact'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ClaimChangesSchema, SessionSchema } from '#api'
import { noClaims, withChanges } from '../../api/claims'
import { api } from '../../api/client'
import { session } from '../../api/session'
import { claimAfterMilliseconds, claimAgainMilliseconds, useClaim } from './claims'

const claim = vi.spyOn(api.queue, 'claim').mockImplementation(async () => ({}) as never)
const said = () => claim.mock.calls.map(([request]) => request.ids)

beforeEach(() => {
  vi.useFakeTimers()
  claim.mockClear()
  session.value = create(SessionSchema, { methods: ['/sekisho.v1.Queue/Claim'] })
})
afterEach(() => vi.useRealTimers())

it('What is told of changes adds up, until all of it is told anew', () => {
  const first = withChanges(
    noClaims,
    create(ClaimChangesSchema, {
      version: 5n,
      isAll: true,
      claims: [
        { id: 1n, name: 'alice' },
        { id: 2n, name: 'bob' },
      ],
    }),
  )
  const second = withChanges(
    first,
    create(ClaimChangesSchema, { version: 7n, claims: [{ id: 3n, name: 'bob' }], ended: [1n] }),
  )
  expect([...second.of.keys()]).toEqual([2n, 3n])
  expect(withChanges(second, create(ClaimChangesSchema, { version: 7n }))).toBe(second)
  const restarted = create(ClaimChangesSchema, { version: 9n, isAll: true })
  expect(withChanges(second, restarted).of.size).toBe(0)
})

it('Who passes by claims nothing; who stays does, until they leave', () => {
  const page = renderHook(({ ids }) => useClaim(ids), { initialProps: { ids: [1n] } })
  vi.advanceTimersByTime(claimAfterMilliseconds - 1)
  page.rerender({ ids: [2n, 3n] })
  vi.advanceTimersByTime(claimAfterMilliseconds)
  page.rerender({ ids: [2n, 3n] })
  vi.advanceTimersByTime(claimAfterMilliseconds)
  expect(said()).toEqual([[2n, 3n]])
  page.unmount()
  expect(said()).toEqual([[2n, 3n], []])
})

it('It is said again only while somebody is there', () => {
  const page = renderHook(() => useClaim([1n]))
  vi.advanceTimersByTime(claimAgainMilliseconds)
  expect(said()).toEqual([[1n]])
  dispatchEvent(new Event('pointermove'))
  vi.advanceTimersByTime(claimAgainMilliseconds)
  vi.advanceTimersByTime(claimAgainMilliseconds)
  expect(said()).toEqual([[1n], [1n]])
  page.unmount()
})

it('Who may not decide claims nothing', () => {
  session.value = create(SessionSchema, { methods: [] })
  const page = renderHook(() => useClaim([1n]))
  vi.advanceTimersByTime(claimAfterMilliseconds)
  page.unmount()
  expect(said()).toEqual([])
})
