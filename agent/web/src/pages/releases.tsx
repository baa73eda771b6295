import { useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import type { Brake, Release } from '#api'
import { api } from '../api/client'
import { useLive, useLoad } from '../api/load'
import { may } from '../api/session'
import { formatNumber, t, tCode, tn } from '../i18n'
import { agentText } from '../i18n/agent'
import { toHex } from '../lib/bytes'
import { Badge, Empty, Field, PageHead, ProblemBox, Time } from '../ui/parts'
import { ReasonDialog } from '../ui/reason_dialog'
import { BlockTable } from './blocks'
import { RevertDialog } from './revert_dialog'

const pageSize = 50

// Numbered lists in force, what changed between any two of them, and what waits at a brake.
export function ReleasesPage() {
  const [search, setSearch] = useSearchParams()
  const [before, setBefore] = useState(0n)
  const releases = useLive(
    (options) => api.releases.listReleases({ limit: pageSize, before }, options),
    [before],
  )
  const from = search.get('from')
  const to = search.get('to')
  const list = releases.data?.releases ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.releases')} />
      <Brakes onReleased={releases.reload} />
      {from && to && <Difference from={from} to={to} onReverted={releases.reload} />}
      {releases.problem && <ProblemBox problem={releases.problem} retry={releases.reload} />}
      {releases.data && list.length === 0 && <Empty title={t('releases.none')} />}
      {list.length > 0 && (
        <>
          <Compare
            newest={list[0]?.number ?? 0n}
            onCompare={(a, b) => setSearch({ from: a, to: b })}
          />
          <ReleaseTable releases={list} />
          <div class="row">
            {before > 0n && (
              <button type="button" onClick={() => setBefore(0n)}>
                {t('releases.newest')}
              </button>
            )}
            {list.length === pageSize && (
              <button type="button" onClick={() => setBefore(list.at(-1)?.number ?? 0n)}>
                {t('page.next')}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  )
}

function ReleaseTable({ releases }: { releases: Release[] }) {
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th class="number">{t('releases.number')}</th>
            <th>{t('releases.at')}</th>
            <th>{t('releases.cause')}</th>
            <th>{t('releases.lists')}</th>
            <th>
              <span class="visually-hidden">{t('releases.difference')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {releases.map((release) => (
            <tr key={String(release.number)}>
              <td class="number">
                <strong>{String(release.number)}</strong>
              </td>
              <td class="nowrap">
                <Time at={release.at} />
              </td>
              <td>{release.cause}</td>
              <td>
                <ul>
                  {release.lists.map((list) => (
                    <li key={list.list} title={toHex(list.digest)}>
                      <strong>{list.list}</strong> {formatNumber(list.count)}{' '}
                      <span class="quiet small">
                        +{formatNumber(list.added)} −{formatNumber(list.removed)}
                      </span>
                    </li>
                  ))}
                </ul>
              </td>
              <td>
                <Link href={`/releases?from=${release.number - 1n}&to=${release.number}`}>
                  {t('releases.difference')}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CompareProps {
  newest: bigint
  onCompare: (from: string, to: string) => void
}

function Compare({ newest, onCompare }: CompareProps) {
  const [from, setFrom] = useState('')
  const [to, setTo] = useState(String(newest))
  const number = { type: 'number', min: 0, max: Number(newest), required: true } as const
  return (
    <form
      class="card row ask"
      onSubmit={(event) => {
        event.preventDefault()
        onCompare(from, to)
      }}
    >
      <Field label={t('releases.from')}>
        {(field) => (
          <input
            {...field}
            {...number}
            value={from}
            onInput={(event) => setFrom(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={t('releases.to')}>
        {(field) => (
          <input
            {...field}
            {...number}
            value={to}
            onInput={(event) => setTo(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit">{t('releases.compare')}</button>
    </form>
  )
}

interface DifferenceProps {
  from: string
  to: string
  onReverted: () => void
}

function Difference({ from, to, onReverted }: DifferenceProps) {
  const [reverting, setReverting] = useState(false)
  const valid = /^\d+$/.test(from) && /^\d+$/.test(to)
  const difference = useLoad(
    async (signal) =>
      valid
        ? api.releases.diffReleases({ from: BigInt(from), to: BigInt(to) }, { signal })
        : undefined,
    [from, to],
  )
  const { added = [], removed = [] } = difference.data ?? {}
  return (
    <section class="card stack tight" aria-label={t('releases.difference')}>
      <div class="row spread">
        <h2>{t('releases.between', { from, to })}</h2>
        {may('Releases/RevertReleases') && added.length + removed.length > 0 && (
          <button type="button" class="reject" onClick={() => setReverting(true)}>
            {t('releases.revert')}
          </button>
        )}
      </div>
      {difference.problem && <ProblemBox problem={difference.problem} retry={difference.reload} />}
      {difference.data && added.length + removed.length === 0 && (
        <p class="quiet">{t('releases.same')}</p>
      )}
      {added.length > 0 && <h3>{tn('releases.added', added.length)}</h3>}
      {added.length > 0 && <BlockTable blocks={added} />}
      {removed.length > 0 && <h3>{tn('releases.removed', removed.length)}</h3>}
      {removed.length > 0 && <BlockTable blocks={removed} />}
      {reverting && (
        <RevertDialog
          from={BigInt(from)}
          to={BigInt(to)}
          onClose={() => setReverting(false)}
          onDone={() => {
            difference.reload()
            onReverted()
          }}
        />
      )}
    </section>
  )
}

function Brakes({ onReleased }: { onReleased: () => void }) {
  const brakes = useLive((options) => api.releases.listBrakes({}, options), [])
  const [releasing, setReleasing] = useState<Brake>()
  if (brakes.problem) return <ProblemBox problem={brakes.problem} retry={brakes.reload} />
  return (
    <>
      {brakes.data?.brakes.map((brake) => (
        <section key={String(brake.id)} class="notice warn stack tight">
          <div class="row">
            <Badge tone="warn">{tCode('brake', brake.direction)}</Badge>
            <strong>{tn('brakes.held', brake.held)}</strong>
            <span class="quiet">
              <Time at={brake.since} />
            </span>
          </div>
          <p>{agentText(brake.reason)}</p>
          <p class="quiet small">{t('brakes.next')}</p>
          {may('Releases/ReleaseBrake') && (
            <div>
              <button type="button" class="danger" onClick={() => setReleasing(brake)}>
                {t('brakes.release')}
              </button>
            </div>
          )}
        </section>
      ))}
      {releasing && (
        <ReasonDialog
          title={t('brakes.release')}
          intro={agentText(releasing.reason)}
          hint={t('brakes.next')}
          submit={t('brakes.release')}
          act={async (reason) => {
            await api.releases.releaseBrake({ id: releasing.id, reason })
            brakes.reload()
            onReleased()
          }}
          onClose={() => setReleasing(undefined)}
        />
      )}
    </>
  )
}
