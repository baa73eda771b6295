import type { FeedScore, GetScoreboardResponse } from '#api'
import { formatNumber, t } from '../i18n'
import { formatRoughly } from '../lib/time'
import { PlainTable, Time } from '../ui/parts'

const share = (part: bigint, whole: bigint) =>
  whole === 0n ? '–' : `${formatNumber(Number((100n * part) / whole))} %`

// What each feed brings: how much, how much of it alone, how soon, and how often in vain.
export function Scoreboard({ scores }: { scores: GetScoreboardResponse }) {
  return (
    <section class="stack tight">
      <h2>{t('scores.title')}</h2>
      <p class="quiet">
        {t('scores.intro')} <Time at={scores.asOf} brief />
      </p>
      <PlainTable>
        <thead>
          <tr>
            <th>{t('feed.name')}</th>
            <th class="number">{t('overlap.proposals')}</th>
            <th class="number">{t('scores.unique')}</th>
            <th class="number">{t('scores.approved')}</th>
            <th class="number">{t('scores.falsePositives')}</th>
            <th class="number">{t('scores.wait')}</th>
            <th>{t('scores.newest')}</th>
          </tr>
        </thead>
        <tbody>
          {scores.feeds.map((score) => (
            <Row key={score.feed} score={score} />
          ))}
        </tbody>
      </PlainTable>
    </section>
  )
}

function Row({ score }: { score: FeedScore }) {
  const decided = score.approved + score.rejected
  return (
    <tr>
      <th scope="row">{score.feed}</th>
      <td class="number">{formatNumber(score.proposals)}</td>
      <td class="number">{share(score.unique, score.proposals)}</td>
      <td class="number">{share(score.approved, decided)}</td>
      <td class="number">{share(score.falsePositives, decided)}</td>
      <td class="number">{score.medianWait ? formatRoughly(score.medianWait) : '–'}</td>
      <td>
        <Time at={score.newest} brief />
      </td>
    </tr>
  )
}
