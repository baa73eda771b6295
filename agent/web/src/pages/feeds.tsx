import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import type { Feed } from '#api'
import { api, problemOf } from '../api/client'
import { useLive } from '../api/load'
import { may } from '../api/session'
import { formatNumber, t, tCode } from '../i18n'
import { agentText } from '../i18n/agent'
import { term } from '../lib/filter'
import { Badge, Empty, PageHead, ProblemBox, Time, type Tone } from '../ui/parts'
import { showToast } from '../ui/toasts'
import { TrafficLogs } from '../ui/traffic'
import { Overlap } from './overlap'
import { Scoreboard } from './scoreboard'

export const toneOfFeed: Record<string, Tone> = {
  good: 'ok',
  unchanged: 'ok',
  stale: 'warn',
  refused: 'danger',
  unreachable: 'danger',
  'never fetched': 'warn',
}

export function FeedsPage() {
  const feeds = useLive((options) => api.feeds.listFeeds({}, options), [])
  const scores = useLive(
    async (options) =>
      may('Scoreboard/GetScoreboard') ? api.scoreboard.getScoreboard({}, options) : undefined,
    [],
  )
  const own = feeds.data?.feeds.filter((feed) => !feed.isAllowlist) ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.feeds')}>
        <RefreshButton names={[]} onDone={feeds.reload} />
      </PageHead>
      {feeds.problem && <ProblemBox problem={feeds.problem} retry={feeds.reload} />}
      {feeds.data && own.length === 0 && (
        <Empty title={t('feeds.none')}>
          <p>{t('feeds.none.next')}</p>
        </Empty>
      )}
      <FeedTable feeds={own} onChange={feeds.reload} />
      <TrafficLogs logs={feeds.data?.trafficLogs ?? []} />
      {scores.problem && <ProblemBox problem={scores.problem} retry={scores.reload} />}
      {scores.data && <Scoreboard scores={scores.data} />}
      {own.length > 1 && <Overlap feeds={own.map((feed) => feed.name)} />}
    </div>
  )
}

interface RefreshProps {
  names: string[] // none: all
  onDone: () => void
}

function RefreshButton({ names, onDone }: RefreshProps) {
  const [busy, setBusy] = useState(false)
  if (!may('Feeds/RefreshFeeds')) return null
  const refresh = async () => {
    setBusy(true)
    try {
      await api.feeds.refreshFeeds({ names, wait: true })
    } catch (error) {
      const problem = problemOf(error)
      showToast({ text: `${problem.title} ${agentText(problem.detail)}`, tone: 'danger' })
    } finally {
      setBusy(false)
      onDone()
    }
  }
  return (
    <button type="button" class={names.length > 0 ? 'small' : ''} disabled={busy} onClick={refresh}>
      {t(busy ? 'feeds.refreshing' : names.length > 0 ? 'feeds.refresh' : 'feeds.refreshAll')}
    </button>
  )
}

export function FeedTable({ feeds, onChange }: { feeds: Feed[]; onChange: () => void }) {
  if (feeds.length === 0) return null
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th>{t('feed.name')}</th>
            <th>{t('feed.state')}</th>
            <th class="number">{t('feed.observations')}</th>
            <th class="number">{t('feed.rejected')}</th>
            <th>{t('feed.accepted')}</th>
            <th>{t('feed.fetched')}</th>
            {may('Feeds/RefreshFeeds') && (
              <th>
                <span class="visually-hidden">{t('feeds.refresh')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {feeds.map((feed) => (
            <FeedRow key={feed.name} feed={feed} onChange={onChange} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function FeedRow({ feed, onChange }: { feed: Feed; onChange: () => void }) {
  return (
    <tr>
      <td>
        {feed.isAllowlist ? (
          <strong>{feed.name}</strong>
        ) : (
          <Link href={`/queue?filter=${encodeURIComponent(term('feed', feed.name))}`}>
            {feed.name}
          </Link>
        )}
        <div class="quiet small inert">{feed.url}</div>
      </td>
      <td>
        <Badge tone={toneOfFeed[feed.state] ?? ''}>{tCode('feedState', feed.state)}</Badge>
        {feed.detail && <div class="quiet small">{agentText(feed.detail)}</div>}
      </td>
      <td class="number">{formatNumber(feed.observations)}</td>
      <td class="number">
        {feed.rejectedRows.length > 0 ? (
          <details>
            <summary>{formatNumber(feed.rejected)}</summary>
            <ul class="small">
              {feed.rejectedRows.map((row) => (
                <li key={String(row.line)}>
                  {t('feed.row', { line: String(row.line), reason: row.reason })}
                </li>
              ))}
            </ul>
          </details>
        ) : (
          formatNumber(feed.rejected)
        )}
      </td>
      <td>
        <Time at={feed.acceptedAt} brief />
      </td>
      <td>
        <Time at={feed.fetchedAt} brief />
      </td>
      {may('Feeds/RefreshFeeds') && (
        <td>
          <RefreshButton names={[feed.name]} onDone={onChange} />
        </td>
      )}
    </tr>
  )
}
