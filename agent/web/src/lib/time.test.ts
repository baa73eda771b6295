import { beforeEach, expect, it } from 'vitest'
import { setLocale } from '../i18n'
import { formatDistance, formatInstant, formatSeconds, toDate, toTimestamp } from './time'

beforeEach(() => setLocale('en'))

it('An instant names its zone', () => {
  expect(formatInstant(new Date())).toMatch(/UTC|GMT|[A-Z]{3,4}/)
})

it('A distance is told in its largest unit, in both directions', () => {
  const now = new Date('2026-11-24T12:00:00Z')
  const after = (seconds: number) => formatDistance(new Date(now.getTime() + seconds * 1000), now)
  expect(after(-3 * 86_400 - 5)).toBe('3 days ago')
  expect(after(2 * 3600)).toBe('in 2 hours')
  expect(after(0)).toBe('now')
  setLocale('ja')
  expect(after(-90)).toBe('1 分前')
})

it('A lifetime is told as it was set', () => {
  expect(formatSeconds(7 * 86_400)).toBe('7 days')
  expect(formatSeconds(36 * 3600)).toBe('36 hours')
  expect(formatSeconds(90)).toBe('90 seconds')
})

it('A timestamp survives the way there and back, to the second', () => {
  const at = new Date('2026-11-24T12:34:56Z')
  const { seconds, nanos } = toTimestamp(at)
  expect(toDate({ $typeName: 'google.protobuf.Timestamp', seconds, nanos })).toEqual(at)
})
