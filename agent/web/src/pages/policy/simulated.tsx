import type { SimulateResponse } from '#api'
import { formatNumber, t, tCode, tn } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { defang } from '../../ui/evidence_parts'
import { PlainTable } from '../../ui/parts'

// What other rules would change, on the evidence that the agent holds.
export function Simulated({ result }: { result: SimulateResponse }) {
  return (
    <div class="stack" role="status">
      <p>
        {t('simulate.candidates', {
          now: formatNumber(result.candidates),
          after: formatNumber(result.newCandidates),
        })}{' '}
        {result.version !== result.newVersion && t('simulate.voids')}
      </p>
      {result.changes.length === 0 && <p class="quiet">{t('simulate.same')}</p>}
      {result.changes.map((change) => (
        <details key={`${change.what} ${change.code}`} open>
          <summary>
            <strong>{tCode('change', change.what)}</strong> · {tCode('reason', change.code)} ·{' '}
            {tn('simulate.count', change.count)}
          </summary>
          <ul class="small">
            {change.samples.map((sample) => (
              <li key={sample.indicator}>
                <code>{defang(sample.indicator)}</code>{' '}
                <span class="quiet">{agentText(sample.detail)}</span>
              </li>
            ))}
          </ul>
        </details>
      ))}
      {result.dropped.length > 0 && (
        <PlainTable>
          <thead>
            <tr>
              <th>{t('simulate.dropped')}</th>
              <th class="number">{t('simulate.now')}</th>
              <th class="number">{t('simulate.then')}</th>
            </tr>
          </thead>
          <tbody>
            {result.dropped.map((row) => (
              <tr key={row.code}>
                <td>{tCode('reason', row.code)}</td>
                <td class="number">{formatNumber(row.now)}</td>
                <td class="number">{formatNumber(row.then)}</td>
              </tr>
            ))}
          </tbody>
        </PlainTable>
      )}
    </div>
  )
}
