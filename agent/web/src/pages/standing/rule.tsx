import type { StandingApproval } from '#api'
import { formatNumber, t, tCode, tn } from '../../i18n'
import { formatDuration } from '../../lib/time'
import { Badge, Time } from '../../ui/parts'

export function RuleHead({ rule }: { rule: StandingApproval }) {
  return (
    <div class="row">
      {rule.id > 0n && <strong>{t('standing.name', { id: String(rule.id) })}</strong>}
      {rule.id > 0n && (
        <Badge tone={rule.state === 'active' ? 'ok' : 'accent'}>
          {tCode('standing.state', rule.state)}
        </Badge>
      )}
      <code>{rule.filter}</code>
    </div>
  )
}

export function RuleTerms({ rule }: { rule: StandingApproval }) {
  return (
    <p class="quiet small">
      {rule.lifetime && t('standing.lifetime', { time: formatDuration(rule.lifetime) })} ·{' '}
      {t('standing.usesPerDay', { n: formatNumber(rule.usesPerDay) })} · {t('standing.until')}{' '}
      <Time at={rule.expiresAt} /> · {t('standing.by', { who: rule.proposedBy })} ·{' '}
      {tn('standing.uses', rule.uses)}
    </p>
  )
}
