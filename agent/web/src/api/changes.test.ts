import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type FollowResponse, FollowResponseSchema } from '#api'
import { followChanges, going, whenChanged } from './changes'
import { api } from './client'
import { session } from './session'

// A stream as a test tells it what to say.
class Stream {
  #waiting: ((turn: () => IteratorResult<FollowResponse>) => void)[] = []
  isOpen = true
  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.fail(Code.Canceled))
  }
  say(revision: bigint, others: { name: string }[] = []) {
    const value = create(FollowResponseSchema, { revision, others })
    this.#waiting.shift()?.(() => ({ value, done: false }))
  }
  fail(code: Code) {
    this.isOpen = false
    this.#waiting.shift()?.(() => {
      throw new ConnectError('', code)
    })
  }
  async *[Symbol.asyncIterator]() {
    while (true) {
      const next = await new Promise<() => IteratorResult<FollowResponse>>((resolve) => {
        this.#waiting.push(resolve)
      })
      yield next().value
    }
  }
}

let streams: Stream[] = []
const latest = () => streams.at(-1) as Stream
const watch = vi.spyOn(api.queue, 'watch')
const getSession = vi.spyOn(api.sessions, 'getSession')
vi.spyOn(api.bulk, 'listBulk').mockImplementation(async () => ({ decisions: [] }) as never)
vi.spyOn(api.changes, 'follow').mockImplementation((_, options) => {
  streams.push(new Stream(options?.signal as AbortSignal))
  return latest() as never
})

// The browser's, for the tabs of one.
class Locks {
  #last: Promise<unknown> = Promise.resolve()
  request(_: string, { signal }: { signal: AbortSignal }, hold: () => Promise<void>) {
    const before = this.#last
    const mine = before.then(() => {
      if (signal.aborted) throw signal.reason
      return hold()
    })
    this.#last = mine.catch(() => {})
    return mine
  }
}

let isHidden = false
function hide(hidden: boolean) {
  isHidden = hidden
  document.dispatchEvent(new Event('visibilitychange'))
}
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

const stops: (() => void)[] = []
const openTab = () => stops.push(followChanges())

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('navigator', { ...navigator, locks: new Locks() })
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  watch.mockReset().mockImplementation(async () => ({ revision: 1n, others: [] }) as never)
  getSession.mockReset()
  streams = []
  isHidden = false
})
afterEach(async () => {
  for (const stop of stops.splice(0)) stop()
  await pass(0)
  vi.useRealTimers()
})

it('All parts of the page hear of a change by one stream, and nothing is asked meanwhile', async () => {
  openTab()
  await pass(0)
  latest().say(1n)
  await pass(0)
  const parts = [vi.fn(async () => true), vi.fn(async () => true)]
  for (const part of parts) stops.push(whenChanged(part))
  watch.mockClear()
  latest().say(2n, [{ name: 'bob' }])
  await pass(14_000)
  for (const part of parts) expect(part).toHaveBeenCalledTimes(1)
  expect(going.value.others.map((each) => each.name)).toEqual(['bob'])
  expect(streams).toHaveLength(1)
  expect(watch).not.toHaveBeenCalled()
})

it('What fails is tried again; what is read anew rests ten times as long as it takes', async () => {
  openTab()
  await pass(0)
  latest().say(1n)
  await pass(0)
  const read = vi.fn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return read.mock.calls.length > 1
  })
  stops.push(whenChanged(read))
  latest().say(2n)
  await pass(10_900)
  expect(read).toHaveBeenCalledTimes(1)
  latest().say(3n)
  await pass(200)
  expect(read).toHaveBeenCalledTimes(2)
  await pass(15_000)
  expect(read).toHaveBeenCalledTimes(2)
})

it('Where no stream gets through it asks, and tries the stream ever more seldom', async () => {
  openTab()
  await pass(29_000)
  expect(watch.mock.calls.length).toBeGreaterThanOrEqual(9)
  expect(streams).toHaveLength(1)
  await pass(2000)
  expect(latest().isOpen).toBe(false)
  await pass(3_600_000)
  expect(streams.length).toBeLessThan(25)
  const before = streams.length
  for (let i = 0; i < 60; ++i) {
    latest().fail(Code.Unavailable)
    await pass(60_000)
  }
  expect(streams.length - before).toBeLessThan(15)
})

it('A stream that falls silent is begun anew', async () => {
  openTab()
  await pass(0)
  latest().say(1n)
  const changed = vi.fn(async () => true)
  await pass(0)
  stops.push(whenChanged(changed))
  await pass(34_000)
  expect(streams).toHaveLength(2)
  latest().say(1n)
  await pass(0)
  expect(changed).toHaveBeenCalled() // of what was missed nothing is known
})

it('A page that is hidden for a while has no stream and reads nothing until it is seen', async () => {
  openTab()
  await pass(0)
  latest().say(1n)
  hide(true)
  await pass(1000)
  hide(false)
  await pass(20_000)
  expect(latest().isOpen).toBe(true)
  hide(true)
  await pass(16_000)
  expect(latest().isOpen).toBe(false)
  watch.mockClear()
  const changed = vi.fn(async () => true)
  stops.push(whenChanged(changed))
  await pass(600_000)
  expect(streams).toHaveLength(1)
  expect(watch).not.toHaveBeenCalled()
  hide(false)
  await pass(2000)
  expect(streams).toHaveLength(2)
  latest().say(5n)
  await pass(0)
  expect(changed).toHaveBeenCalledTimes(1)
})

it('Of several tabs one has the stream; the next gets it when that one is closed', async () => {
  for (let i = 0; i < 8; ++i) openTab()
  await pass(60_000)
  expect(streams.filter((each) => each.isOpen)).toHaveLength(1)
  stops.shift()?.()
  await pass(0)
  expect(streams.filter((each) => each.isOpen)).toHaveLength(1)
})

it('It ends with the session, and the page asks who is logged in', async () => {
  session.value = { name: 'bob' } as never
  getSession.mockRejectedValue(new ConnectError('', Code.Unauthenticated))
  openTab()
  await pass(0)
  latest().say(1n)
  await pass(0)
  latest().fail(Code.Unauthenticated)
  await pass(0)
  expect(session.value).toBe(null)
})

it('Nothing is asked any more once it was stopped', async () => {
  openTab()
  await pass(0)
  latest().say(1n)
  stops.shift()?.()
  await pass(0)
  watch.mockClear()
  await pass(600_000)
  expect(streams).toHaveLength(1)
  expect(latest().isOpen).toBe(false)
  expect(watch).not.toHaveBeenCalled()
})
