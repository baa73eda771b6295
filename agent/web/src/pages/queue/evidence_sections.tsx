import type { Block, ExplainResponse, Proposal } from '#api'
import { formatNumber, t, tCode } from '../../i18n'
import { BlockLine, defang } from '../../ui/evidence_parts'
import { Badge, PlainTable, Time, type Tone } from '../../ui/parts'

// How the confidence came about: which feed counts, with what, and what was left out as too old.
export function Opinions({ explained }: { explained: ExplainResponse }) {
  return (
    <div class="stack tight">
      <p class="small">
        <code>{explained.formula}</code>
      </p>
      <PlainTable>
        <thead>
          <tr>
            <th>{t('opinion.feed')}</th>
            <th class="number">{t('opinion.stated')}</th>
            <th class="number">{t('opinion.remaining')}</th>
            <th class="number">{t('opinion.reliability')}</th>
            <th>{t('opinion.freshness')}</th>
          </tr>
        </thead>
        <tbody>
          {explained.opinions.map((opinion) => (
            <tr key={`${opinion.feed} ${opinion.indicator}`}>
              <td>{opinion.feed}</td>
              <td class="number">{opinion.stated}</td>
              <td class="number">{formatNumber(opinion.remaining)} %</td>
              <td class="number">{opinion.reliability}</td>
              <td>
                <Badge tone={opinion.freshness === 'fresh' ? 'ok' : 'warn'}>
                  {tCode('freshness', opinion.freshness)}
                </Badge>
              </td>
            </tr>
          ))}
        </tbody>
      </PlainTable>
    </div>
  )
}

export function Sources({ proposal }: { proposal: Proposal }) {
  if (proposal.sources.length === 0) return <p class="quiet">{t('evidence.sources.none')}</p>
  return (
    <ul class="sources">
      {proposal.sources.map((source) => (
        <li key={`${source.feed} ${source.indicator} ${source.reference}`}>
          <div class="row">
            <strong>{source.feed}</strong>
            {source.isDetection && <Badge tone="danger">{t('source.ours')}</Badge>}
            {source.threat && <span>{tCode('threat', source.threat)}</span>}
            {source.malware && <span>{source.malware}</span>}
            {source.campaign && <span>{t('source.campaign', { name: source.campaign })}</span>}
            <span class="quiet">{t('source.confidence', { n: source.confidence })}</span>
            {source.sightings > 0 && (
              <span class="quiet">{t('source.sightings', { n: source.sightings })}</span>
            )}
          </div>
          {source.indicator && source.indicator !== proposal.defanged && (
            <div class="mono small">{defang(source.indicator)}</div>
          )}
          <div class="quiet small">
            {t('source.first')} <Time at={source.firstSeen} /> · {t('source.last')}{' '}
            <Time at={source.lastSeen} />
          </div>
          {(source.tags || source.reference) && (
            <div class="quiet small inert">
              {source.tags} {source.reference}
            </div>
          )}
        </li>
      ))}
      {proposal.sourcesTotal > BigInt(proposal.sources.length) && (
        <li class="quiet small">
          {t('evidence.sources.more', {
            n: formatNumber(proposal.sourcesTotal - BigInt(proposal.sources.length)),
          })}
        </li>
      )}
    </ul>
  )
}

const toneOf: Record<string, Tone> = { approved: 'danger', rejected: 'ok', deferred: 'warn' }

export function EarlierDecisions({ earlier, blocks }: { earlier: Proposal[]; blocks: Block[] }) {
  if (earlier.length === 0 && blocks.length === 0) {
    return <p class="quiet">{t('evidence.earlier.none')}</p>
  }
  return (
    <ul class="earlier">
      {blocks.map((block) => (
        <BlockLine key={`b${block.id}`} block={block} />
      ))}
      {earlier.map((each) => (
        <li key={`p${each.id}`}>
          <span class="row">
            <Badge tone={toneOf[each.state] ?? ''}>{tCode('state', each.state)}</Badge>
            <code>{each.defanged}</code>
          </span>
          {each.votes.map((vote) => (
            <div key={vote.voter} class="quiet small">
              {vote.voter}: {vote.reason} (<Time at={vote.at} brief />)
            </div>
          ))}
        </li>
      ))}
    </ul>
  )
}
