import { GroupProposalsRequest_By as By } from '#api'
import { api } from '../api/client'
import { useLoad } from '../api/load'
import { formatNumber, t } from '../i18n'
import { term } from '../lib/filter'
import { PlainTable } from '../ui/parts'

const feedsMax = 20
const everyState = 'state:pending state:approved state:rejected state:deferred'

async function read(names: string[], signal: AbortSignal) {
  const rows = await Promise.all(
    names.map((name) =>
      api.queue.groupProposals(
        { filter: `${term('feed', name)} ${everyState}`, by: By.FEED, limit: 1000 },
        { signal },
      ),
    ),
  )
  return rows.map(({ groups }) => new Map(groups.map(({ key, count }) => [key, Number(count)])))
}

// How much of what a feed had proposed another feed reports as well: what one of them adds.
export function Overlap({ feeds }: { feeds: string[] }) {
  const names = feeds.slice(0, feedsMax)
  const counts = useLoad((signal) => read(names, signal), names)
  const rows = names
    .map((name, i) => ({ name, shared: counts.data?.[i], own: counts.data?.[i]?.get(name) ?? 0 }))
    .filter(({ own }) => own > 0)
  if (rows.length < 2) return null
  return (
    <section class="stack tight">
      <h2>{t('overlap.title')}</h2>
      <p class="quiet">{t('overlap.intro')}</p>
      <PlainTable>
        <thead>
          <tr>
            <th>{t('feed.name')}</th>
            <th class="number">{t('overlap.proposals')}</th>
            {rows.map(({ name }) => (
              <th key={name} class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, shared, own }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{formatNumber(own)}</td>
              {rows.map((other) => {
                const percent = Math.round((100 * (shared?.get(other.name) ?? 0)) / own)
                return (
                  <td
                    key={other.name}
                    class="number share"
                    style={other.name === name ? undefined : { '--share': `${percent}%` }}
                  >
                    {other.name === name ? '–' : `${formatNumber(percent)} %`}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </PlainTable>
    </section>
  )
}
