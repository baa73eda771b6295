import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { Link } from 'wouter-preact'
import {
  GroupProposalsRequest_By as By,
  type GetScoreboardResponse,
  type ProposalGroup,
  type Release,
} from '#api'
import { api } from '../api/client'
import { type Options, useLive } from '../api/load'
import { formatNumber, t, tCode } from '../i18n'
import { term } from '../lib/filter'
import { formatDuration, formatRoughly, toDate } from '../lib/time'
import { LateNotice } from '../ui/late_notice'
import { Badge, PageHead, ProblemBox } from '../ui/parts'
import { Bars, Plot } from '../ui/plot'
import { UnblockNotice } from '../ui/unblock_notice'
import { toneOfDevice } from './devices'
import { toneOfFeed } from './feeds'

const releasesShown = 500
const groupsShown = 8

async function read(options: Options) {
  const count = async (filter: string) =>
    (await api.queue.listProposals({ filter, limit: 1 }, options)).total
  const group = async (by: By, filter = '') =>
    (await api.queue.groupProposals({ by, filter, limit: groupsShown }, options)).groups
  const [
    pending,
    second,
    deferred,
    byFeed,
    byThreat,
    byMalware,
    approvedByReason,
    blocks,
    feeds,
    devices,
    brakes,
    emergencies,
    releases,
    scores,
  ] = await Promise.all([
    count(''),
    count('two:yes'),
    count('state:deferred'),
    group(By.FEED),
    group(By.THREAT),
    group(By.MALWARE),
    group(By.REASON, 'state:approved'),
    api.blocks.listBlocks({ limit: 1 }, options),
    api.feeds.listFeeds({}, options),
    api.devices.listDevices({}, options),
    api.releases.listBrakes({}, options),
    api.emergencies.listEmergencies({}, options),
    api.releases.listReleases({ limit: releasesShown }, options),
    api.scoreboard.getScoreboard({}, options),
  ])
  return {
    pending,
    second,
    deferred,
    byFeed,
    byThreat,
    byMalware,
    approvedByReason,
    scores,
    blocks: blocks.total,
    feeds: feeds.feeds,
    devices: devices.devices,
    brakes: brakes.brakes,
    emergencies: emergencies.emergencies.length,
    releases: releases.releases,
  }
}

// What wants attention now, each with the way there.
export function DashboardPage() {
  const all = useLive(read, [])
  const data = all.data
  return (
    <div class="content">
      <PageHead title={t('nav.dashboard')}>
        <button type="button" onClick={all.reload}>
          {t('action.reload')}
        </button>
      </PageHead>
      {all.problem && <ProblemBox problem={all.problem} retry={all.reload} />}
      <UnblockNotice />
      <LateNotice />
      {data && (
        <>
          <div class="tiles">
            <Tile label={t('dashboard.pending')} count={data.pending} href="/queue" />
            <Tile label={t('dashboard.second')} count={data.second} href="/queue?filter=two:yes" />
            <Tile
              label={t('dashboard.deferred')}
              count={data.deferred}
              href="/queue?filter=state:deferred"
            />
            <Tile label={t('dashboard.blocks')} count={data.blocks} href="/blocks" />
            <Tile
              label={t('dashboard.brakes')}
              count={data.brakes.length}
              href="/releases"
              isBad={data.brakes.length > 0}
            />
            <Tile
              label={t('dashboard.emergencies')}
              count={data.emergencies}
              href="/emergencies"
              isBad={data.emergencies > 0}
            />
          </div>
          <div class="columns">
            <Health title={t('nav.devices')} href="/devices">
              {data.devices.map((device) => (
                <li key={device.name} class="row spread">
                  <span>{device.name}</span>
                  <Badge tone={toneOfDevice[device.state] ?? ''}>
                    {tCode('device.state', device.state)}
                  </Badge>
                </li>
              ))}
            </Health>
            <Health title={t('nav.feeds')} href="/feeds">
              {data.feeds
                .filter((feed) => !feed.isAllowlist || toneOfFeed[feed.state] !== 'ok')
                .map((feed) => (
                  <li key={feed.name} class="row spread">
                    <span>{feed.name}</span>
                    <span class="row">
                      <span class="quiet small">{formatNumber(feed.observations)}</span>
                      <Badge tone={toneOfFeed[feed.state] ?? ''}>
                        {tCode('feedState', feed.state)}
                      </Badge>
                    </span>
                  </li>
                ))}
            </Health>
          </div>
          {data.pending > 0n && (
            <div class="columns three">
              <Groups title={t('dashboard.byFeed')} groups={data.byFeed} />
              <Groups
                title={t('dashboard.byThreat')}
                groups={data.byThreat}
                label={(key) => tCode('threat', key)}
              />
              <Groups title={t('dashboard.byMalware')} groups={data.byMalware} />
            </div>
          )}
          <div class="columns three">
            <QueueAge scores={data.scores} />
            <Waits scores={data.scores} />
            {data.approvedByReason.length > 0 && (
              <Groups
                title={t('dashboard.byReason')}
                groups={data.approvedByReason}
                label={(key) => tCode('reason', key)}
              />
            )}
          </div>
          {data.releases.length > 1 && <ListSizes releases={data.releases} />}
        </>
      )}
    </div>
  )
}

interface TileProps {
  label: string
  count: bigint | number
  href: string
  isBad?: boolean
}

function Tile({ label, count, href, isBad = false }: TileProps) {
  return (
    <Link href={href} class={`tile ${isBad ? 'bad' : ''}`}>
      <strong>{formatNumber(count)}</strong>
      <span>{label}</span>
    </Link>
  )
}

interface HealthProps {
  title: string
  href: string
  children: ComponentChildren
}

function Health({ title, href, children }: HealthProps) {
  return (
    <section class="card stack tight">
      <h2>
        <Link href={href}>{title}</Link>
      </h2>
      <ul class="stack tight">{children}</ul>
    </section>
  )
}

interface GroupsProps {
  title: string
  groups: ProposalGroup[]
  label?: (key: string) => string
}

// Each bar leads to its part of the queue.
function Groups({ title, groups, label = (key) => key }: GroupsProps) {
  const bars = groups.map(({ key, term, count }) => ({
    label: key ? label(key) : t('group.none'),
    count: Number(count),
    href: term ? `/queue?filter=${encodeURIComponent(term)}` : undefined,
  }))
  return (
    <section class="card stack tight">
      <h2>{title}</h2>
      <Bars bars={bars} />
    </section>
  )
}

function QueueAge({ scores }: { scores: GetScoreboardResponse }) {
  const bars = scores.pending.map(({ from, count }, i) => {
    const until = scores.pending[i + 1]?.from
    return {
      label: until
        ? t('dashboard.age.under', { age: formatDuration(until) })
        : t('dashboard.age.over', { age: from ? formatDuration(from) : '' }),
      count: Number(count),
    }
  })
  return (
    <section class="card stack tight">
      <h2>{t('dashboard.age')}</h2>
      <Bars bars={bars} />
    </section>
  )
}

// How soon people decide, and how often feeds were wrong.
function Waits({ scores }: { scores: GetScoreboardResponse }) {
  const { medianWait, longestWait, rejected, falsePositives } = scores
  return (
    <section class="card stack tight">
      <h2>{t('dashboard.waits')}</h2>
      <dl class="facts">
        <dt>{t('dashboard.waits.median')}</dt>
        <dd>{medianWait ? formatRoughly(medianWait) : '–'}</dd>
        <dt>{t('dashboard.waits.longest')}</dt>
        <dd>{longestWait ? formatRoughly(longestWait) : '–'}</dd>
        <dt>{t('dashboard.rejected')}</dt>
        <dd>{formatNumber(rejected)}</dd>
        <dt>{t('dashboard.falsePositives')}</dt>
        <dd>{formatNumber(falsePositives)}</dd>
      </dl>
      <Bars
        bars={scores.feeds
          .filter((feed) => feed.falsePositives > 0n)
          .map((feed) => ({
            label: feed.feed,
            count: Number(feed.falsePositives),
            href: `/queue?filter=${encodeURIComponent(`state:rejected reason:false-positive ${term('feed', feed.feed)}`)}`,
          }))}
      />
    </section>
  )
}

function ListSizes({ releases }: { releases: Release[] }) {
  const { times, series } = useMemo(() => {
    const inOrder = releases.filter((release) => release.at).reverse()
    const names = [...new Set(inOrder.flatMap((release) => release.lists.map((l) => l.list)))]
    return {
      times: inOrder.map((release) => (release.at ? toDate(release.at).getTime() / 1000 : 0)),
      series: names.map((name) => ({
        label: name,
        values: inOrder.map((release) => {
          const list = release.lists.find((each) => each.list === name)
          return list ? Number(list.count) : null
        }),
      })),
    }
  }, [releases])
  return (
    <section class="card stack tight">
      <h2>{t('dashboard.listSizes')}</h2>
      <Plot label={t('dashboard.listSizes')} times={times} series={series} />
    </section>
  )
}
