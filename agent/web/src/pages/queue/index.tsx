import './queue.css'
import { Code } from '@connectrpc/connect'
import { useLayoutEffect, useState } from 'preact/hooks'
import { Link, useSearchParams } from 'wouter-preact'
import type { Proposal } from '#api'
import { may } from '../../api/session'
import { t, tn } from '../../i18n'
import { type Act, actOf } from '../../lib/shortcuts'
import { EmergencyNotice } from '../../ui/emergency_notice'
import { Icon } from '../../ui/icon'
import { Empty, ProblemBox } from '../../ui/parts'
import { showToast } from '../../ui/toasts'
import { BulkDialog, type Many } from './bulk_dialog'
import { BulkNotice } from './bulk_notice'
import { useClaim } from './claims'
import { ConflictDialog } from './conflict_dialog'
import { DecideDialog } from './decide_dialog'
import { Evidence } from './evidence'
import { FilterBar } from './filter_bar'
import { GroupSelect, Groups } from './groups'
import { QueueList } from './list'
import { Others } from './others'
import { undoLast, Verdict } from './outbox'
import { lastReason, nameOf } from './reasons'
import { ShortcutsDialog } from './shortcuts_dialog'
import { useQueue } from './use_queue'
import { useTriage } from './use_triage'
import { useWatch } from './use_watch'

type Open =
  | { what: 'decide'; verdict: Verdict; proposal: Proposal }
  | { what: 'bulk'; verdict: Verdict; many: Many }
  | { what: 'shortcuts' }

const verdicts = [Verdict.APPROVE, Verdict.REJECT, Verdict.DEFER]

export function QueuePage() {
  const [search, setSearch] = useSearchParams()
  const filter = search.get('filter') ?? ''
  const by = search.get('by') ?? ''
  const queue = useQueue(filter)
  const triage = useTriage(queue)
  const [open, setOpen] = useState<Open>()
  const [showsEvidence, setShowsEvidence] = useState(false) // on a narrow screen
  const proposal = queue.rows[triage.current]
  const watched = useWatch(filter, proposal?.id ?? 0n, () => queue.refresh(proposal?.id))
  const { others, bulk } = watched
  const claims = watched.claims.of
  const claim = proposal && claims.get(proposal.id)
  useClaim([...new Set([...(proposal ? [proposal.id] : []), ...triage.marked.keys()])])
  const mayDecide = may('Queue/Decide')
  const isFilterProblem = queue.problem?.code === Code.InvalidArgument

  const setFilter = (next: string) => {
    triage.unmarkAll()
    triage.move(0)
    setSearch({ ...(next ? { filter: next } : {}), ...(by ? { by } : {}) })
  }
  const setBy = (next: string) =>
    setSearch({ ...(filter ? { filter } : {}), ...(next ? { by: next } : {}) })

  const ask = (verdict: Verdict) => {
    if (!mayDecide) return
    if (triage.marked.size > 0) {
      setOpen({ what: 'bulk', verdict, many: { proposals: [...triage.marked.values()] } })
    } else if (proposal) {
      setOpen({ what: 'decide', verdict, proposal })
    }
  }

  const run: Record<Act, () => void> = {
    next: () => triage.move(triage.current + 1),
    previous: () => triage.move(triage.current - 1),
    mark: () => proposal && triage.mark(proposal, false),
    approve: () => ask(Verdict.APPROVE),
    reject: () => ask(Verdict.REJECT),
    defer: () => ask(Verdict.DEFER),
    again: () => {
      const reason = lastReason(Verdict.APPROVE)
      if (!mayDecide || !proposal || triage.marked.size > 0) return
      if (reason && !claim)
        triage.decide({ proposals: [proposal], verdict: Verdict.APPROVE, reason })
      else ask(Verdict.APPROVE)
    },
    undo: () => {
      if (!undoLast()) showToast({ text: t('decided.nothingToUndo') })
    },
    filter: () => document.getElementById('filter')?.focus(),
    help: () => setOpen({ what: 'shortcuts' }),
  }

  // Before the next key can come: it must act on what is shown now.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const act = actOf(event)
      if (!act) return
      event.preventDefault()
      run[act]()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  })

  return (
    <div class={`queue ${showsEvidence ? 'shows-evidence' : ''}`}>
      {/* On a telephone the head gives way to the evidence; the page keeps its heading. */}
      <h1 class="visually-hidden">
        {t('nav.queue')} {tn('queue.count', queue.total)}
      </h1>
      <header class="queue-head stack tight">
        <div class="row spread">
          <p class="title" aria-hidden="true">
            {t('nav.queue')} <span class="quiet count">{tn('queue.count', queue.total)}</span>
          </p>
          <div class="row">
            <GroupSelect by={by} onBy={setBy} />
            {mayDecide && queue.total > 0 && (
              <BulkMenu
                onChoose={(verdict) => setOpen({ what: 'bulk', verdict, many: { filter } })}
              />
            )}
            <button type="button" class="plain" onClick={run.help}>
              <kbd>?</kbd> {t('shortcuts.title')}
            </button>
          </div>
        </div>
        <FilterBar
          filter={filter}
          problem={isFilterProblem ? queue.problem : undefined}
          onFilter={setFilter}
        />
        <EmergencyNotice />
        <BulkNotice bulk={bulk} />
        <Others others={others} />
        <Groups by={by} filter={filter} total={queue.total} onFilter={setFilter} />
      </header>

      <section class="queue-left" aria-label={t('queue.list')} aria-busy={queue.loading}>
        {queue.problem && !isFilterProblem && (
          <ProblemBox problem={queue.problem} retry={queue.reload} />
        )}
        {queue.rows.length > 0 ? (
          <QueueList
            queue={queue}
            current={triage.current}
            others={others}
            claims={claims}
            marked={new Set(triage.marked.keys())}
            onCurrent={(index, isOpened) => {
              triage.move(index)
              if (isOpened) setShowsEvidence(true)
            }}
            onMark={triage.mark}
          />
        ) : (
          !queue.loading && !queue.problem && <NothingHere filter={filter} />
        )}
        {triage.marked.size > 0 && (
          <div class="marked-bar row spread">
            <span>{tn('queue.marked', triage.marked.size)}</span>
            <span class="row">
              {mayDecide &&
                verdicts.map((verdict) => <Decide key={verdict} verdict={verdict} ask={ask} />)}
              <button type="button" onClick={triage.unmarkAll}>
                {t('queue.unmark')}
              </button>
            </span>
          </div>
        )}
      </section>

      <div class="queue-right">
        {proposal && (
          <>
            <button type="button" class="back plain" onClick={() => setShowsEvidence(false)}>
              ← {t('queue.back')}
            </button>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it */}
            <section class="scroll" tabIndex={0} aria-label={proposal.defanged}>
              <Evidence proposal={proposal} claim={claim} />
            </section>
            {mayDecide && (
              <footer class="decide-bar row">
                {verdicts.map((verdict) => (
                  <Decide key={verdict} verdict={verdict} ask={ask} showsKey />
                ))}
                <Link class="button" href={`/explain?q=${encodeURIComponent(proposal.indicator)}`}>
                  <Icon name="explain" /> {t('nav.explain')}
                </Link>
              </footer>
            )}
          </>
        )}
      </div>

      {open?.what === 'decide' && (
        <DecideDialog
          proposal={open.proposal}
          claim={claims.get(open.proposal.id)}
          verdict={open.verdict}
          onClose={() => setOpen(undefined)}
          onDecide={(decision) => {
            setOpen(undefined)
            setShowsEvidence(false)
            triage.decide(decision)
          }}
        />
      )}
      {open?.what === 'bulk' && (
        <BulkDialog
          many={open.many}
          verdict={open.verdict}
          onClose={() => setOpen(undefined)}
          onDone={(response) => {
            setOpen(undefined)
            triage.decidedMany(response)
          }}
        />
      )}
      {open?.what === 'shortcuts' && <ShortcutsDialog onClose={() => setOpen(undefined)} />}
      {triage.conflict && <ConflictDialog {...triage.conflict} onClose={triage.closeConflict} />}
    </div>
  )
}

interface DecideProps {
  verdict: Verdict
  ask: (verdict: Verdict) => void
  showsKey?: boolean
}

function Decide({ verdict, ask, showsKey = false }: DecideProps) {
  const name = nameOf(verdict)
  return (
    <button type="button" class={name} onClick={() => ask(verdict)}>
      {t(`decide.${name}`)} {showsKey && <kbd>{name[0]}</kbd>}
    </button>
  )
}

function BulkMenu({ onChoose }: { onChoose: (verdict: Verdict) => void }) {
  return (
    <select
      class="bulk"
      aria-label={t('bulk.label')}
      value=""
      onChange={(event) => {
        const verdict = Number(event.currentTarget.value)
        event.currentTarget.value = ''
        onChoose(verdict)
      }}
    >
      <option value="" disabled>
        {t('bulk.label')}
      </option>
      {verdicts.map((verdict) => (
        <option key={verdict} value={verdict}>
          {t(`bulk.${nameOf(verdict)}.title`)}
        </option>
      ))}
    </select>
  )
}

function NothingHere({ filter }: { filter: string }) {
  return filter ? (
    <Empty title={t('queue.none.filter')}>
      <p>{t('queue.none.filter.next')}</p>
      <p>
        <Link href="/queue">{t('queue.none.filter.clear')}</Link>
      </p>
    </Empty>
  ) : (
    <Empty title={t('queue.none')}>
      <p>{t('queue.none.next')}</p>
      <p>
        <Link href="/feeds">{t('nav.feeds')}</Link>
      </p>
    </Empty>
  )
}
