import { GroupProposalsRequest_By as By } from '#api'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { formatNumber, type Key, t, tCode } from '../../i18n'
import { hasTerm, withoutTerm, withTerm } from '../../lib/filter'
import { defang } from '../../ui/evidence_parts'

const groupings: [string, By, Key][] = [
  ['malware', By.MALWARE, 'group.malware'],
  ['campaign', By.CAMPAIGN, 'group.campaign'],
  ['threat', By.THREAT, 'group.threat'],
  ['feed', By.FEED, 'group.feed'],
  ['site', By.SITE, 'group.site'],
  ['network', By.NETWORK, 'group.network'],
  ['reason', By.REASON, 'group.reason'],
]

function labelOf(by: By, key: string): string {
  if (!key) return t('group.none')
  if (by === By.THREAT) return tCode('threat', key)
  if (by === By.REASON) return tCode('reason', key)
  return by === By.SITE || by === By.NETWORK ? defang(key) : key
}

export function GroupSelect({ by, onBy }: { by: string; onBy: (by: string) => void }) {
  return (
    <select
      aria-label={t('group.label')}
      value={by}
      onChange={(event) => onBy(event.currentTarget.value)}
    >
      <option value="">{t('group.off')}</option>
      {groupings.map(([name, , label]) => (
        <option key={name} value={name}>
          {t('group.by', { what: t(label) })}
        </option>
      ))}
    </select>
  )
}

interface Props {
  by: string
  filter: string
  total: number // so that it is read anew as the queue changes
  onFilter: (filter: string) => void
}

// The groups of what the filter leaves, the largest first; one click narrows to one of them.
export function Groups({ by, filter, total, onFilter }: Props) {
  const grouping = groupings.find(([name]) => name === by)
  const groups = useLoad(
    async (signal) =>
      grouping && api.queue.groupProposals({ filter, by: grouping[1], limit: 60 }, { signal }),
    [by, filter, total],
  )
  if (!grouping || !groups.data) return null
  const rest = Number(groups.data.groupsTotal) - groups.data.groups.length
  return (
    <ul class="groups" aria-label={t('group.label')}>
      {groups.data.groups.map(({ key, term, count }) => {
        const isOn = term !== '' && hasTerm(filter, term)
        return (
          <li key={key}>
            <button
              type="button"
              class="small"
              disabled={!term}
              aria-pressed={isOn}
              onClick={() => onFilter(isOn ? withoutTerm(filter, term) : withTerm(filter, term))}
            >
              {labelOf(grouping[1], key)} <span class="quiet">{formatNumber(count)}</span>
            </button>
          </li>
        )
      })}
      {rest > 0 && <li class="quiet small">{t('group.more', { n: rest })}</li>}
    </ul>
  )
}
