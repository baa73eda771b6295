import { toJsonString } from '@bufbuild/protobuf'
import { useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import { type Entry, type ProveEntryResponse, ProveEntryResponseSchema } from '#api'
import { api, type Problem, problemOf } from '../api/client'
import { type Options, useLive, useLoad } from '../api/load'
import { formatNumber, t } from '../i18n'
import { isEqual, toHex } from '../lib/bytes'
import { type LeafText, readLeaf } from '../lib/leaf'
import { leafHash, readCheckpoint, rootFrom } from '../lib/merkle'
import { saveAs } from '../lib/save_as'
import { formatInstant, toTimestamp } from '../lib/time'
import { Dialog } from '../ui/dialog'
import { defang } from '../ui/evidence_parts'
import { Empty, PageHead, ProblemBox } from '../ui/parts'
import { TextField } from '../ui/text_field'

const pageSize = 100n

// Entries come in order of their numbers. Without a question the newest are shown first, page by
// page downwards; the answer to a question is shown from its start.
async function readPage(
  subject: string,
  since: string,
  below: bigint | undefined,
  options: Options,
) {
  // A proof of any entry comes with the newest checkpoint.
  const { checkpoint } = await api.history.proveEntry({ index: 0n }, options)
  const newest = readCheckpoint(checkpoint)
  const before = below ?? newest?.size ?? 0n
  const isAsked = subject !== '' || since !== ''
  const from = isAsked || before < pageSize ? 0n : before - pageSize
  const limit = isAsked || before > pageSize ? Number(pageSize) : Number(before)
  const { entries } = await api.history.listEntries(
    {
      from,
      limit,
      subject,
      since: since ? toTimestamp(new Date(`${since}T00:00`)) : undefined,
    },
    options,
  )
  return {
    origin: newest?.origin,
    entries: isAsked ? entries : entries.reverse(),
    older: isAsked ? 0n : from,
  }
}

// The block history: who did what and when, each entry with its proof.
export function HistoryPage() {
  const [search, setSearch] = useSearchParams()
  const subject = search.get('q') ?? ''
  const since = search.get('since') ?? ''
  const [before, setBefore] = useState<bigint>() // undefined: from the newest
  const [text, setText] = useState(subject)
  const [day, setDay] = useState(since)

  const page = useLive(
    (options) => readPage(subject, since, before, options),
    [subject, since, String(before)],
  )

  return (
    <div class="content">
      <PageHead title={t('nav.history')}>
        {page.data && <span class="quiet">{page.data.origin}</span>}
      </PageHead>
      <form
        class="card row ask"
        onSubmit={(event) => {
          event.preventDefault()
          setSearch({ ...(text.trim() ? { q: text.trim() } : {}), ...(day ? { since: day } : {}) })
        }}
      >
        <TextField
          label={t('history.subject')}
          hint={t('history.subject.hint')}
          class="mono"
          type="search"
          spellcheck={false}
          value={text}
          onText={setText}
        />
        <TextField
          label={t('history.since')}
          hint={t('history.since.hint')}
          type="date"
          value={day}
          onText={setDay}
        />
        <button type="submit" class="primary">
          {t('history.search')}
        </button>
      </form>
      {page.problem && <ProblemBox problem={page.problem} retry={page.reload} />}
      {page.data && <Entries entries={page.data.entries} />}
      <div class="row">
        {before !== undefined && (
          <button type="button" onClick={() => setBefore(undefined)}>
            {t('history.newest')}
          </button>
        )}
        {page.data && page.data.older > 0n && (
          <button type="button" onClick={() => setBefore(page.data?.older)}>
            {t('history.older')}
          </button>
        )}
      </div>
    </div>
  )
}

export function Entries({ entries }: { entries: Entry[] }) {
  const [shown, setShown] = useState<Entry>()
  if (entries.length === 0) {
    return (
      <Empty title={t('history.none')}>
        <p>{t('history.none.next')}</p>
      </Empty>
    )
  }
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th class="number">{t('history.index')}</th>
            <th>{t('history.at')}</th>
            <th>{t('history.actor')}</th>
            <th>{t('history.action')}</th>
            <th>{t('history.about')}</th>
            <th>
              <span class="visually-hidden">{t('history.proof')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={String(entry.index)} entry={entry} onShow={() => setShown(entry)} />
          ))}
        </tbody>
      </table>
      {shown && <ProofDialog entry={shown} onClose={() => setShown(undefined)} />}
    </div>
  )
}

function Row({ entry, onShow }: { entry: Entry; onShow: () => void }) {
  const leaf = readLeaf(entry.leaf)
  return (
    <tr>
      <td class="number">{formatNumber(entry.index)}</td>
      <td class="nowrap">{leaf && formatInstant(new Date(leaf.at))}</td>
      <td>{leaf?.actor}</td>
      <td class="nowrap">
        <code>{leaf?.action}</code>
      </td>
      <td>{leaf && <Subject leaf={leaf} />}</td>
      <td>
        <button type="button" class="small" onClick={onShow}>
          {t('history.show')}
        </button>
      </td>
    </tr>
  )
}

function Subject({ leaf }: { leaf: LeafText }) {
  const { indicator, reason } = leaf
  return (
    <>
      {indicator ? (
        <Link href={`/explain?q=${encodeURIComponent(indicator)}`} class="mono">
          {defang(indicator)}
        </Link>
      ) : (
        <code>{leaf.subject}</code>
      )}
      {reason && <div class="quiet small">{reason}</div>}
    </>
  )
}

type Proof =
  | { state: 'proved'; size: bigint; root: string; answer: ProveEntryResponse }
  | { state: 'broken' }

async function prove(entry: Entry): Promise<Proof> {
  const answer = await api.history.proveEntry({ index: entry.index })
  const checkpoint = readCheckpoint(answer.checkpoint)
  // What is proved is the entry that is shown, not one that came along with the proof.
  const root = checkpoint && (await rootFrom(entry.leaf, entry.index, checkpoint.size, answer.path))
  if (!checkpoint || !root || !isEqual(root, checkpoint.root)) return { state: 'broken' }
  return { state: 'proved', size: checkpoint.size, root: toHex(root), answer }
}

// As `sekisho history proof N -o json` prints it.
function keep(index: bigint, answer: ProveEntryResponse) {
  saveAs(`entry-${index}.json`, toJsonString(ProveEntryResponseSchema, answer, { prettySpaces: 2 }))
}

function ProofDialog({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const [proof, setProof] = useState<Proof>()
  const [problem, setProblem] = useState<Problem>()
  const hash = useLoad(async () => toHex(await leafHash(entry.leaf)), [entry.index])
  const leaf = readLeaf(entry.leaf)
  return (
    <Dialog title={t('history.entry', { n: entry.index.toString() })} onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it */}
      <pre tabIndex={0}>
        {leaf ? JSON.stringify(leaf.whole, null, 2) : new TextDecoder().decode(entry.leaf)}
      </pre>
      <p class="small">
        {t('history.leafHash')} <code>{hash.data}</code>
      </p>
      {problem && <ProblemBox problem={problem} />}
      {proof?.state === 'proved' && (
        <p class="notice ok" role="status">
          {t('history.proved', { size: formatNumber(proof.size), root: proof.root })}
        </p>
      )}
      {proof?.state === 'broken' && (
        <p class="notice danger" role="alert">
          {t('history.broken')}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t('action.close')}
        </button>
        {proof?.state === 'proved' && (
          <button type="button" onClick={() => keep(entry.index, proof.answer)}>
            {t('history.download')}
          </button>
        )}
        <button
          type="button"
          class="primary"
          onClick={() => prove(entry).then(setProof, (error) => setProblem(problemOf(error)))}
        >
          {t('history.prove')}
        </button>
      </div>
    </Dialog>
  )
}
