// All texts of the page, in two languages. A text that is missing in one of them does not compile:
// the keys are those of en.json, and index.test.ts holds ja.json against them.
import { signal } from '@preact/signals'
import en from './en.json'
import ja from './ja.json'

export type Locale = 'en' | 'ja'
export type Key = keyof typeof en
// A text that depends on a number has two entries, KEY.one and KEY.other.
type CountKey = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never
type CodeGroup =
  | 'allowCategory'
  | 'allowEffect'
  | 'allowOrigin'
  | 'brake'
  | 'change'
  | 'device.state'
  | 'devices.certificate'
  | 'emergency.act'
  | 'emergency.state'
  | 'feedState'
  | 'freshness'
  | 'kind'
  | 'notification.state'
  | 'outcome'
  | 'reason'
  | 'relation'
  | 'role'
  | 'rules.state'
  | 'scope'
  | 'standing.state'
  | 'state'
  | 'threat'
  | 'unblock.explained'
  | 'unblock.state'
  | 'verdict'
export type Values = Record<string, string | number>

const texts: Record<Locale, Record<Key, string>> = { en, ja }
const storageKey = 'sekisho.locale'

function initialLocale(): Locale {
  const chosen = localStorage.getItem(storageKey)
  if (chosen === 'en' || chosen === 'ja') return chosen
  return navigator.language.startsWith('ja') ? 'ja' : 'en'
}

export const locale = signal<Locale>(initialLocale())

export function setLocale(next: Locale) {
  localStorage.setItem(storageKey, next)
  locale.value = next
}

export function t(key: Key, values: Values = {}): string {
  return texts[locale.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? formatNumber(value) : value
  })
}

export function tn(key: CountKey, count: number | bigint, values: Values = {}): string {
  const n = Number(count)
  const form = new Intl.PluralRules(locale.value).select(n) === 'one' ? 'one' : 'other'
  return t(`${key}.${form}` as Key, { n, ...values })
}

// The text of a code that the agent sends, or the code itself: a newer agent may know more.
export function tCode(group: CodeGroup, code: string): string {
  const key = `${group}.${code}`
  return key in en ? t(key as Key) : code
}

export function formatNumber(n: number | bigint): string {
  return new Intl.NumberFormat(locale.value).format(n)
}
