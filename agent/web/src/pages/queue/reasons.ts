// Ready reasons, in the language of the reader. What is kept in the history is the text itself.
import { type Key, t } from '../../i18n'
import { Verdict } from './outbox'

const keys: Record<'approve' | 'reject' | 'defer', Key[]> = {
  approve: ['template.approve.sources', 'template.approve.seen', 'template.approve.ticket'],
  reject: ['template.reject.falsePositive', 'template.reject.shared', 'template.reject.business'],
  defer: ['template.defer.ask', 'template.defer.watch'],
}

export type VerdictName = keyof typeof keys

export function nameOf(verdict: Verdict): VerdictName {
  if (verdict === Verdict.APPROVE) return 'approve'
  return verdict === Verdict.REJECT ? 'reject' : 'defer'
}

export function templatesFor(verdict: Verdict): string[] {
  return keys[nameOf(verdict)].map((key) => t(key))
}

const last = new Map<Verdict, string>()

export function lastReason(verdict: Verdict): string {
  return last.get(verdict) ?? ''
}

export function rememberReason(verdict: Verdict, reason: string) {
  last.set(verdict, reason)
}
