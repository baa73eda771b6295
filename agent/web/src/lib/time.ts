// Instants and durations as people read them: in their own zone, which is named.
import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt'
import { locale } from '../i18n'

export function toDate(at: Timestamp): Date {
  return new Date(Number(at.seconds) * 1000 + Math.floor(at.nanos / 1e6))
}

export function formatInstant(at: Date): string {
  return new Intl.DateTimeFormat(locale.value, {
    year: 'numeric',
    month: locale.value === 'ja' ? 'numeric' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(at)
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

// "3 days ago", "in 2 hours"
export function formatDistance(at: Date, now: Date = new Date()): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000)
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }).format(
    Math.trunc(seconds / size),
    unit,
  )
}

// "7 days": the largest unit that leaves nothing over, as lifetimes are set by people.
export function formatSeconds(seconds: number): string {
  const [unit, size] = units.find(([, s]) => seconds >= s && seconds % s === 0) ?? ['second', 1]
  return new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'long' }).format(
    seconds / size,
  )
}

// "1.5 hours": of what was measured, so that seconds don't matter in days.
export function formatRoughly(duration: Duration): string {
  const seconds = Number(duration.seconds)
  const [unit, size] = units.find(([, s]) => seconds >= s) ?? ['second', 1]
  return new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 1,
  }).format(seconds / size)
}

export function formatDuration(duration: Duration): string {
  return formatSeconds(Number(duration.seconds))
}

export function toDuration(seconds?: number): { seconds: bigint; nanos: number } | undefined {
  return seconds === undefined ? undefined : { seconds: BigInt(seconds), nanos: 0 }
}

export function toTimestamp(at: Date): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(at.getTime() / 1000)), nanos: 0 }
}

// Of an axis: seconds since 1970.
export function formatTime(seconds: number): string {
  return new Intl.DateTimeFormat(locale.value, {
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(seconds * 1000))
}
