import { useState } from 'preact/hooks'
import type { SimulateResponse } from '#api'
import { api } from '../api/client'
import { useLoad } from '../api/load'
import { may } from '../api/session'
import { formatNumber, t, tCode, tn } from '../i18n'
import { agentText } from '../i18n/agent'
import { defang } from '../ui/evidence_parts'
import { Empty, Field, PageHead, PlainTable, ProblemBox } from '../ui/parts'
import { useSubmit } from '../ui/use_submit'
import { FeedTable } from './feeds'

const example = `policy:
  version: "trial"
  confidence_min: 70
`

// The allowlists that are loaded, and what other rules would do, before anybody sets them.
export function PolicyPage() {
  const feeds = useLoad((signal) => api.feeds.listFeeds({}, { signal }), [])
  const allowlists = feeds.data?.feeds.filter((feed) => feed.isAllowlist) ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.policy')} />
      {may('Policy/Simulate') && <Simulation />}
      <section class="stack tight">
        <h2>{t('policy.allowlists')}</h2>
        <p class="quiet">{t('policy.allowlists.intro')}</p>
        {feeds.problem && <ProblemBox problem={feeds.problem} retry={feeds.reload} />}
        {feeds.data && allowlists.length === 0 && <Empty title={t('policy.allowlists.none')} />}
        <FeedTable feeds={allowlists} onChange={feeds.reload} />
      </section>
    </div>
  )
}

function Simulation() {
  const [rules, setRules] = useState(example)
  const [result, setResult] = useState<SimulateResponse>()
  const { busy, problem, submit } = useSubmit(async () => {
    setResult(await api.policy.simulate({ rules }))
  })
  return (
    <section class="card stack">
      <h2>{t('simulate.title')}</h2>
      <form class="stack tight" onSubmit={submit}>
        <Field label={t('simulate.rules')} hint={t('simulate.rules.hint')}>
          {(field) => (
            <textarea
              {...field}
              class="code"
              value={rules}
              spellcheck={false}
              onInput={(event) => setRules(event.currentTarget.value)}
            />
          )}
        </Field>
        <div>
          <button type="submit" class="primary" disabled={busy}>
            {t(busy ? 'simulate.running' : 'simulate.run')}
          </button>
        </div>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {result && <Result result={result} />}
    </section>
  )
}

function Result({ result }: { result: SimulateResponse }) {
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
