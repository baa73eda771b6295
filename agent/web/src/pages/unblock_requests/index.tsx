import { useState } from 'preact/hooks'
import type { UnblockRequest } from '#api'
import { api } from '../../api/client'
import { useLive } from '../../api/load'
import { may } from '../../api/session'
import { readWaitingRequests } from '../../api/unblock_requests'
import { t, tCode, tn } from '../../i18n'
import { Badge, Empty, PageHead, ProblemBox, Time } from '../../ui/parts'
import { AnswerDialog, type Verdict } from './answer_dialog'
import { Evidence } from './evidence'

const pastShown = 50

// What those asked for whom a block stopped, and what people answered.
export function UnblockRequestsPage() {
  const open = useLive((options) => api.unblockRequests.listUnblockRequests({}, options), [])
  const past = useLive(
    (options) => api.unblockRequests.listUnblockRequests({ all: true, limit: pastShown }, options),
    [],
  )
  const [asked, setAsked] = useState<{ request: UnblockRequest; verdict: Verdict }>()
  const onDone = () => {
    setAsked(undefined)
    open.reload()
    past.reload()
    readWaitingRequests()
  }
  const answered = past.data?.requests.filter((each) => each.state !== 'open') ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.unblockRequests')} />
      {open.problem && <ProblemBox problem={open.problem} retry={open.reload} />}
      {open.data?.requests.length === 0 && (
        <Empty title={t('unblock.none')}>
          <p>{t('unblock.none.next')}</p>
        </Empty>
      )}
      {sitesOf(open.data?.requests ?? []).map((requests) => (
        <Case
          key={requests[0].indicator}
          requests={requests}
          onAnswer={(verdict) => setAsked({ request: requests[0], verdict })}
        />
      ))}
      {answered.length > 0 && <Answered requests={answered} />}
      {asked && <AnswerDialog {...asked} onClose={() => setAsked(undefined)} onDone={onDone} />}
    </div>
  )
}

type Requests = [UnblockRequest, ...UnblockRequest[]]

// One answer is for all who ask for the same.
function sitesOf(requests: UnblockRequest[]): Requests[] {
  const sites = new Map<string, Requests>()
  for (const request of requests) {
    const site = sites.get(request.indicator)
    if (site) site.push(request)
    else sites.set(request.indicator, [request])
  }
  return [...sites.values()]
}

interface CaseProps {
  requests: Requests
  onAnswer: (verdict: Verdict) => void
}

function Case({ requests, onAnswer }: CaseProps) {
  const [first] = requests
  const [isOpen, setOpen] = useState(false)
  return (
    <section class="card stack">
      <div class="row">
        <h2 class="mono">{first.defanged}</h2>
        <span class="quiet">{tn('unblock.askers', requests.length)}</span>
      </div>
      <ul class="stack tight">
        {requests.map((each) => (
          <li key={String(each.id)}>
            {each.note && <p class="preserve">{each.note}</p>}
            <p class="quiet small">
              {each.contact && `${each.contact} · `}
              <Time at={each.at} />
            </p>
          </li>
        ))}
      </ul>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('unblock.evidence')}</summary>
        {isOpen && <Evidence id={first.id} />}
      </details>
      <div class="row">
        {may('UnblockRequests/Grant') && (
          <button type="button" class="approve" onClick={() => onAnswer('grant')}>
            {t('unblock.grant')}
          </button>
        )}
        {may('UnblockRequests/Decline') && (
          <button type="button" class="reject" onClick={() => onAnswer('decline')}>
            {t('unblock.decline')}
          </button>
        )}
      </div>
    </section>
  )
}

function Answered({ requests }: { requests: UnblockRequest[] }) {
  return (
    <section class="stack tight">
      <h2>{t('unblock.answered')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys have to be able to scroll it */}
      <div class="table-box" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>{t('blocks.indicator')}</th>
              <th>{t('unblock.state')}</th>
              <th>{t('unblock.answeredBy')}</th>
              <th>{t('unblock.answer')}</th>
            </tr>
          </thead>
          <tbody>
            {requests.map((each) => (
              <tr key={String(each.id)}>
                <td class="mono">{each.defanged}</td>
                <td>
                  <Badge>{tCode('unblock.state', each.state)}</Badge>
                </td>
                <td>
                  {each.answeredBy}
                  <div class="quiet small">
                    <Time at={each.answeredAt} brief />
                  </div>
                </td>
                <td>{each.answer}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
