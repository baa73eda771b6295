import { useEffect, useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import type { ExplainResponse, WhyResponse } from '#api'
import { api } from '../api/client'
import { useLive } from '../api/load'
import { may } from '../api/session'
import { t, tCode } from '../i18n'
import { agentText } from '../i18n/agent'
import { toTimestamp } from '../lib/time'
import { BlockLine, defang, ReasonList } from '../ui/evidence_parts'
import { Badge, Empty, Meter, PageHead, ProblemBox, Time } from '../ui/parts'
import { IndicatorField, TextField } from '../ui/text_field'
import { TrafficFacts } from '../ui/traffic'
import { Entries } from './history'

// "Why is this blocked, why not?", now or at an earlier time, for one device or all.
export function ExplainPage() {
  const [search, setSearch] = useSearchParams()
  const indicator = search.get('q') ?? ''
  const at = search.get('at') ?? ''
  const [text, setText] = useState(indicator)
  const [time, setTime] = useState(at)
  useEffect(() => setText(indicator), [indicator])

  return (
    <div class="content">
      <PageHead title={t('nav.explain')} />
      <form
        class="card row ask"
        onSubmit={(event) => {
          event.preventDefault()
          setSearch({ q: text.trim(), ...(time ? { at: time } : {}) })
        }}
      >
        <IndicatorField type="search" value={text} onText={setText} />
        <TextField
          label={t('explain.at')}
          hint={t('explain.at.hint')}
          type="datetime-local"
          value={time}
          onText={setTime}
        />
        <button type="submit" class="primary">
          {t('explain.ask')}
        </button>
      </form>
      {indicator ? (
        <Answer indicator={indicator} at={at} />
      ) : (
        <Empty title={t('explain.empty')}>
          <p>{t('explain.empty.next')}</p>
        </Empty>
      )}
    </div>
  )
}

function Answer({ indicator, at }: { indicator: string; at: string }) {
  const why = useLive(
    (options) =>
      api.blocks.why({ indicator, at: at ? toTimestamp(new Date(at)) : undefined }, options),
    [indicator, at],
  )
  const explained = useLive(
    async (options) =>
      may('Policy/Explain') ? api.policy.explain({ indicator }, options) : undefined,
    [indicator],
  )
  if (why.problem) return <ProblemBox problem={why.problem} retry={why.reload} />
  if (!why.data) return <p role="status">{t('state.loading')}</p>
  return (
    <>
      <Verdict why={why.data} />
      <div class="columns">
        <Devices why={why.data} />
        {why.data.traffic && (
          <section class="card stack tight">
            <h2>{t('evidence.traffic')}</h2>
            <TrafficFacts traffic={why.data.traffic} />
          </section>
        )}
        <section class="card stack tight">
          <h2>{t('explain.allowlist')}</h2>
          {why.data.allowlist.length > 0 ? (
            <ReasonList reasons={why.data.allowlist} />
          ) : (
            <p class="quiet">{t('evidence.allowlist.none')}</p>
          )}
        </section>
        <section class="card stack tight">
          <h2>{t('explain.policy')}</h2>
          {explained.data && <PolicyNumbers explained={explained.data} />}
          <ReasonList reasons={why.data.policy} />
        </section>
        <section class="card stack tight">
          <h2>{t('explain.decisions')}</h2>
          <Decisions why={why.data} />
        </section>
      </div>
      <section class="stack tight">
        <h2>{t('nav.history')}</h2>
        <Entries entries={why.data.history} />
      </section>
    </>
  )
}

function Verdict({ why }: { why: WhyResponse }) {
  return (
    <section class={`notice stack tight ${why.blocked ? 'danger' : 'ok'}`}>
      <div class="row">
        <Badge tone={why.blocked ? 'danger' : 'ok'}>
          {t(why.blocked ? 'explain.blocked' : 'explain.notBlocked')}
        </Badge>
        <strong class="mono">{defang(why.indicator)}</strong>
        <span class="quiet">{tCode('kind', why.kind)}</span>
      </div>
      <p>{why.summary}</p>
    </section>
  )
}

function PolicyNumbers({ explained }: { explained: ExplainResponse }) {
  return (
    <p class="row">
      <Badge tone={explained.outcome === 'proposed' ? 'warn' : ''}>
        {tCode('outcome', explained.outcome)}
      </Badge>
      <Meter percent={explained.confidence} />
      <span class="quiet">{t('explain.confidenceMin', { n: explained.confidenceMin })}</span>
    </p>
  )
}

function Devices({ why }: { why: WhyResponse }) {
  return (
    <section class="card stack tight">
      <h2>{t('nav.devices')}</h2>
      {why.devices.length === 0 && <p class="quiet">{t('devices.none')}</p>}
      <ul class="stack tight">
        {why.devices.map((device) => (
          <li key={device.device}>
            <span class="row">
              <strong>{device.device}</strong>
              <Badge tone={device.enforced ? 'danger' : ''}>
                {t(device.enforced ? 'explain.device.enforced' : 'explain.device.not')}
              </Badge>
            </span>
            <span class="quiet small">{agentText(device.detail)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Decisions({ why }: { why: WhyResponse }) {
  if (why.blocks.length === 0 && why.proposals.length === 0) {
    return <p class="quiet">{t('evidence.earlier.none')}</p>
  }
  return (
    <ul class="earlier">
      {why.blocks.map((block) => (
        <BlockLine key={String(block.id)} block={block} />
      ))}
      {why.proposals.map((proposal) => (
        <li key={`p${proposal.id}`} class="stack tight">
          <span class="row">
            <Badge>{tCode('state', proposal.state)}</Badge>
            <Link href={`/queue?filter=${encodeURIComponent(filterOf(proposal))}`} class="mono">
              {proposal.defanged}
            </Link>
          </span>
          <span class="quiet small">
            {t('evidence.proposed')} <Time at={proposal.proposedAt} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function filterOf({ indicator, state }: { indicator: string; state: string }) {
  return `"${indicator}" state:${state}`
}
