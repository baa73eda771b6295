// What our own clients use, as the agent's logs tell: parts of evidence, of previews and of feeds.
import type { Traffic, TrafficCut, TrafficLog } from '#api'
import { formatNumber, t, tn } from '../i18n'
import { agentText } from '../i18n/agent'
import { defang } from './evidence_parts'
import { Badge, Time } from './parts'

// A number, or one with "about" where it is an estimate.
export function clientsOf(traffic: Traffic): string {
  const n = formatNumber(traffic.clients)
  return traffic.approximate ? t('traffic.about', { n }) : n
}

const barWidth = 7
const height = 28

// Requests a day, today's last.
export function Sparkline({ perDay }: { perDay: bigint[] }) {
  const counts = perDay.map(Number)
  const most = Math.max(1, ...counts)
  const label = t('traffic.days', { days: counts.map((n) => formatNumber(n)).join(', ') })
  return (
    <svg
      class="sparkline"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${counts.length * barWidth} ${height}`}
    >
      <title>{label}</title>
      {counts.map((count, day) => {
        const size = count === 0 ? 1 : Math.max(2, (count / most) * height)
        return (
          <rect
            key={day}
            class={count === 0 ? 'none' : ''}
            x={day * barWidth}
            y={height - size}
            width={barWidth - 1}
            height={size}
          />
        )
      })}
    </svg>
  )
}

export function TrafficFacts({ traffic }: { traffic: Traffic }) {
  if (traffic.requests === 0n) return <p class="quiet">{t('traffic.unused')}</p>
  return (
    <div class="stack tight">
      <div class="row">
        <Sparkline perDay={traffic.perDay} />
        <span>
          <strong>{t('traffic.clients', { n: clientsOf(traffic) })}</strong>{' '}
          {tn('traffic.requests', traffic.requests)}
        </span>
      </div>
      {traffic.counted && (
        <p class="small">{t('traffic.counted', { what: defang(traffic.counted) })}</p>
      )}
      <p class="quiet small">
        {t('traffic.last')} <Time at={traffic.lastSeen} />
      </p>
    </div>
  )
}

// What blocks of many together would cut off, before they are approved.
export function CutFacts({ cut }: { cut: TrafficCut }) {
  if (cut.proposals === 0n) return <p class="quiet">{t('cut.none')}</p>
  return (
    <div class="notice warn stack tight">
      <p>
        <strong>{tn('cut.proposals', cut.proposals)}</strong>
      </p>
      {cut.total && <TrafficFacts traffic={cut.total} />}
      <ul class="sample">
        {cut.mostUsed.map((proposal) => (
          <li key={String(proposal.id)}>
            <span class="mono">{proposal.defanged}</span>
            {proposal.traffic && (
              <span class="small">{t('traffic.clients', { n: clientsOf(proposal.traffic) })}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

export function TrafficLogs({ logs }: { logs: TrafficLog[] }) {
  if (logs.length === 0) return null
  return (
    <section class="stack tight">
      <h2>{t('traffic.logs')}</h2>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th>{t('feed.name')}</th>
              <th>{t('feed.state')}</th>
              <th class="number">{t('traffic.log.requests')}</th>
              <th class="number">{t('traffic.log.faults')}</th>
            </tr>
          </thead>
          <tbody>
            {logs.map((log) => (
              <tr key={log.name}>
                <td>
                  {log.name}
                  <div class="quiet small inert">{log.file}</div>
                </td>
                <td>
                  <Badge tone={log.trouble ? 'danger' : 'ok'}>
                    {t(log.trouble ? 'traffic.log.trouble' : 'traffic.log.good')}
                  </Badge>
                  {log.trouble && <div class="quiet small">{agentText(log.trouble)}</div>}
                </td>
                <td class="number">{formatNumber(log.requests)}</td>
                <td class="number">
                  {formatNumber(log.faults)}
                  {log.lastFault && <div class="quiet small">{agentText(log.lastFault)}</div>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
