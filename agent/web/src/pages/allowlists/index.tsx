import { useState } from 'preact/hooks'
import { useSearchParams } from 'wouter-preact'
import type { AllowEntry, Allowlist, Feed } from '#api'
import { api } from '../../api/client'
import { type Options, useLive, useLoad } from '../../api/load'
import { may } from '../../api/session'
import { formatNumber, t, tCode, tn } from '../../i18n'
import { defang } from '../../ui/evidence_parts'
import { Badge, Empty, PageHead, PlainTable, ProblemBox, Time } from '../../ui/parts'
import { TextField } from '../../ui/text_field'
import { FeedTable } from '../feeds'
import { AddDialog } from './add_dialog'
import { RemoveDialog } from './remove_dialog'

async function read(options: Options) {
  const [lists, feeds] = await Promise.all([
    api.allowlists.listAllowlists({}, options),
    api.feeds.listFeeds({}, options),
  ])
  return { ...lists, sources: feeds.feeds.filter((feed) => feed.isAllowlist) }
}

// What must not be blocked: who says so, and what people add themselves.
export function AllowlistsPage() {
  const all = useLive(read, [])
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<AllowEntry>()
  return (
    <div class="content">
      <PageHead title={t('nav.allowlists')}>
        {may('Allowlists/AddAllowEntry') && (
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            {t('allow.add')}
          </button>
        )}
      </PageHead>
      <p class="quiet">{t('allow.intro')}</p>
      {all.problem && <ProblemBox problem={all.problem} retry={all.reload} />}
      <Search />
      {all.data && (
        <>
          <Entries entries={all.data.entries} onRemove={setRemoving} />
          <Lists lists={all.data.allowlists} />
          <Sources sources={all.data.sources} onChange={all.reload} />
        </>
      )}
      {adding && <AddDialog onClose={() => setAdding(false)} onDone={all.reload} />}
      {removing && (
        <RemoveDialog entry={removing} onClose={() => setRemoving(undefined)} onDone={all.reload} />
      )}
    </div>
  )
}

function Search() {
  const [search, setSearch] = useSearchParams()
  const query = search.get('q') ?? ''
  const [text, setText] = useState(query)
  const found = useLoad(
    async (signal) => (query ? api.allowlists.searchAllowlists({ query }, { signal }) : undefined),
    [query],
  )
  return (
    <section class="card stack">
      <form
        class="row ask"
        onSubmit={(event) => {
          event.preventDefault()
          setSearch(text.trim() ? { q: text.trim() } : {})
        }}
      >
        <TextField
          type="search"
          label={t('allow.search')}
          hint={t('allow.search.hint')}
          class="mono"
          spellcheck={false}
          autocapitalize="none"
          value={text}
          onText={setText}
        />
        <button type="submit">{t('allow.search.submit')}</button>
      </form>
      {found.problem && <ProblemBox problem={found.problem} retry={found.reload} />}
      {query && found.data?.matches.length === 0 && (
        <p role="status">{t('allow.search.none', { query })}</p>
      )}
      {query && found.data && found.data.matches.length > 0 && (
        <PlainTable>
          <thead>
            <tr>
              <th>{t('allow.entry')}</th>
              <th>{t('allow.relation')}</th>
              <th>{t('allow.list')}</th>
              <th>{t('allow.owner')}</th>
              <th>{t('blocks.expires')}</th>
            </tr>
          </thead>
          <tbody>
            {found.data.matches.map((match) => (
              <tr key={`${match.allowlist} ${match.entry} ${match.relation}`}>
                <td class="mono">{defang(match.entry)}</td>
                <td>{tCode('relation', match.relation)}</td>
                <td>
                  {match.allowlist} <Effect effect={match.effect} />
                </td>
                <td>
                  {match.owner || '–'}
                  <div class="quiet small">{match.reason}</div>
                </td>
                <td>
                  <Time at={match.expires} brief />
                </td>
              </tr>
            ))}
          </tbody>
        </PlainTable>
      )}
      {found.data?.more && <p class="quiet">{t('allow.search.more')}</p>}
    </section>
  )
}

function Effect({ effect }: { effect: string }) {
  return <Badge tone={effect === 'never' ? 'ok' : 'accent'}>{tCode('allowEffect', effect)}</Badge>
}

interface EntriesProps {
  entries: AllowEntry[]
  onRemove: (entry: AllowEntry) => void
}

function Entries({ entries, onRemove }: EntriesProps) {
  const mayRemove = may('Allowlists/RemoveAllowEntry')
  return (
    <section class="stack tight">
      <h2>{t('allow.entries')}</h2>
      {entries.length === 0 ? (
        <Empty title={t('allow.entries.none')}>
          <p>{t('allow.entries.none.next')}</p>
        </Empty>
      ) : (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th>{t('allow.entry')}</th>
                <th>{t('allow.effect')}</th>
                <th>{t('allow.owner')}</th>
                <th>{t('allow.addedBy')}</th>
                <th>{t('blocks.expires')}</th>
                {mayRemove && (
                  <th>
                    <span class="visually-hidden">{t('allow.remove')}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={String(entry.id)}>
                  <td>
                    <span class="mono">{defang(entry.match)}</span>
                    {entry.subtree && <div class="quiet small">{t('allow.subtree')}</div>}
                  </td>
                  <td>
                    <Effect effect={entry.effect} />
                  </td>
                  <td>
                    {entry.owner}
                    <div class="quiet small">{entry.reason}</div>
                  </td>
                  <td>
                    {entry.addedBy}
                    <div class="quiet small">
                      <Time at={entry.addedAt} brief />
                    </div>
                  </td>
                  <td>{entry.expires ? <Time at={entry.expires} brief /> : t('allow.forever')}</td>
                  {mayRemove && (
                    <td>
                      <button type="button" class="small reject" onClick={() => onRemove(entry)}>
                        {t(entry.removalAskedBy ? 'allow.remove.confirm' : 'allow.remove')}
                      </button>
                      {entry.removalAskedBy && (
                        <div class="quiet small">
                          {t('allow.remove.asked', { who: entry.removalAskedBy })}
                        </div>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Lists({ lists }: { lists: Allowlist[] }) {
  return (
    <section class="stack tight">
      <h2>{t('allow.lists')}</h2>
      <PlainTable>
        <thead>
          <tr>
            <th>{t('allow.list')}</th>
            <th>{t('allow.effect')}</th>
            <th>{t('allow.category')}</th>
            <th>{t('allow.origin')}</th>
            <th class="number">{t('allow.count')}</th>
          </tr>
        </thead>
        <tbody>
          {lists.map((list) => (
            <tr key={`${list.name} ${list.effect}`}>
              <td>
                <strong>{list.name}</strong>
              </td>
              <td>
                <Effect effect={list.effect} />
              </td>
              <td>{tCode('allowCategory', list.category)}</td>
              <td>{tCode('allowOrigin', list.origin)}</td>
              <td class="number">
                {list.isMissing ? (
                  <Badge tone="danger">{tCode('feedState', 'never fetched')}</Badge>
                ) : (
                  formatNumber(list.entries)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </PlainTable>
    </section>
  )
}

function Sources({ sources, onChange }: { sources: Feed[]; onChange: () => void }) {
  if (sources.length === 0) return null
  return (
    <section class="stack tight">
      <h2>{tn('allow.sources', sources.length)}</h2>
      <FeedTable feeds={sources} onChange={onChange} />
    </section>
  )
}
