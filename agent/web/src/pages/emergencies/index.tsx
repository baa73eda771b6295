import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import type { Emergency } from '#api'
import { api } from '../../api/client'
import { useLive } from '../../api/load'
import { may, session } from '../../api/session'
import { t, tCode } from '../../i18n'
import { Badge, Empty, PageHead, ProblemBox, Time } from '../../ui/parts'
import { BlockNowDialog } from './block_dialog'
import { ReviewDialog, type Verdict } from './review_dialog'
import { UnblockNowDialog } from './unblock_dialog'

const pastShown = 50

type Asked = { what: 'block' } | { what: 'unblock' } | { emergency: Emergency; verdict: Verdict }

// What one person did at once, and what another has to say of it.
export function EmergenciesPage() {
  const open = useLive((options) => api.emergencies.listEmergencies({}, options), [])
  const past = useLive(
    (options) => api.emergencies.listEmergencies({ all: true, limit: pastShown }, options),
    [],
  )
  const [asked, setAsked] = useState<Asked>()
  const close = () => setAsked(undefined)
  const onDone = () => {
    close()
    open.reload()
    past.reload()
  }
  const closed = past.data?.emergencies.filter((each) => each.state !== 'open') ?? []
  return (
    <div class="content">
      <PageHead title={t('nav.emergencies')}>
        {may('Emergencies/UnblockNow') && (
          <button type="button" class="primary" onClick={() => setAsked({ what: 'unblock' })}>
            {t('emergency.unblock')}
          </button>
        )}
        {may('Emergencies/BlockNow') && (
          <button type="button" class="danger" onClick={() => setAsked({ what: 'block' })}>
            {t('emergency.block')}
          </button>
        )}
      </PageHead>
      {open.problem && <ProblemBox problem={open.problem} retry={open.reload} />}
      {open.data?.emergencies.length === 0 && (
        <Empty title={t('emergency.none')}>
          <p>{t('emergency.none.next')}</p>
        </Empty>
      )}
      {open.data?.emergencies.map((emergency) => (
        <OpenEmergency
          key={String(emergency.id)}
          emergency={emergency}
          onReview={(verdict) => setAsked({ emergency, verdict })}
        />
      ))}
      {closed.length > 0 && <Past emergencies={closed} />}
      {asked && 'verdict' in asked && <ReviewDialog {...asked} onClose={close} onDone={onDone} />}
      {asked && 'what' in asked && asked.what === 'block' && (
        <BlockNowDialog onClose={close} onDone={onDone} />
      )}
      {asked && 'what' in asked && asked.what === 'unblock' && (
        <UnblockNowDialog onClose={close} onDone={onDone} />
      )}
    </div>
  )
}

interface OpenProps {
  emergency: Emergency
  onReview: (verdict: Verdict) => void
}

function OpenEmergency({ emergency, onReview }: OpenProps) {
  const isOwn = emergency.actor === session.value?.name
  return (
    <section class="notice warn stack tight">
      <Subject emergency={emergency} />
      <p>{emergency.reason}</p>
      <p class="quiet small">
        {t('emergency.by', { who: emergency.actor })} · <Time at={emergency.at} /> ·{' '}
        {t('emergency.ends')} <Time at={emergency.endsAt} />
      </p>
      {isOwn && <p class="quiet small">{t('emergency.own')}</p>}
      {may('Emergencies/Review') && !isOwn && (
        <div class="row">
          <button type="button" class="approve" onClick={() => onReview('confirm')}>
            {t('emergency.confirm')}
          </button>
          <button type="button" class="reject" onClick={() => onReview('overturn')}>
            {t('emergency.overturn')}
          </button>
        </div>
      )}
    </section>
  )
}

function Subject({ emergency }: { emergency: Emergency }) {
  return (
    <div class="row">
      <Badge tone={emergency.act === 'block' ? 'danger' : 'accent'}>
        {tCode('emergency.act', emergency.act)}
      </Badge>
      <Link href={`/explain?q=${encodeURIComponent(emergency.indicator)}`} class="mono">
        {emergency.defanged}
      </Link>
      {emergency.within && <Badge>{t('emergency.within.badge')}</Badge>}
    </div>
  )
}

function Past({ emergencies }: { emergencies: Emergency[] }) {
  return (
    <section class="stack tight">
      <h2>{t('emergency.past')}</h2>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th>{t('emergency.indicator')}</th>
              <th>{t('emergency.state')}</th>
              <th>{t('emergency.reviewer')}</th>
              <th>{t('decide.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {emergencies.map((each) => (
              <tr key={String(each.id)}>
                <td>
                  <Subject emergency={each} />
                  <div class="quiet small">
                    {t('emergency.by', { who: each.actor })} · <Time at={each.at} brief />
                  </div>
                </td>
                <td>{tCode('emergency.state', each.state)}</td>
                <td>
                  {each.reviewer || '–'}
                  <div class="quiet small">
                    <Time at={each.closedAt} brief />
                  </div>
                </td>
                <td>
                  {each.reason}
                  <div class="quiet small">{each.reviewReason}</div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
