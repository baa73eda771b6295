import { Code } from '@connectrpc/connect'
import type { Notification } from '#api'
import { api, problemOf } from '../api/client'
import { useLive } from '../api/load'
import { may } from '../api/session'
import { locale, t, tCode, tn } from '../i18n'
import { Badge, Empty, PageHead, PlainTable, ProblemBox, Time } from '../ui/parts'
import { showToast } from '../ui/toasts'

const shown = 200
const tones = { waiting: 'accent', delivered: 'ok', failed: 'danger' } as const

// What people were told, by mail, webhook or chat, and what did not get through.
export function NotificationsPage() {
  const all = useLive(
    (options) => api.notifications.listNotifications({ limit: shown }, options),
    [],
  )
  const data = all.data
  return (
    <div class="content">
      <PageHead title={t('nav.notifications')}>
        <button type="button" onClick={all.reload}>
          {t('action.reload')}
        </button>
      </PageHead>
      {all.problem && <ProblemBox problem={all.problem} retry={all.reload} />}
      {data && data.late > 0n && <p class="notice warn">{tn('notification.late', data.late)}</p>}
      {data && data.channels.length === 0 && (
        <Empty title={t('notification.noChannels')}>
          <p>{t('notification.noChannels.next')}</p>
        </Empty>
      )}
      {data && may('Notifications/SendTest') && data.channels.length > 0 && (
        <section class="card row">
          <span>{t('notification.test')}</span>
          {data.channels.map((channel) => (
            <button key={channel} type="button" onClick={() => test(channel, all.reload)}>
              {channel}
            </button>
          ))}
        </section>
      )}
      {data && data.notifications.length > 0 && <List rows={data.notifications} />}
    </div>
  )
}

async function test(channel: string, reload: () => void) {
  try {
    await api.notifications.sendTest({ channel })
    showToast({ text: t('notification.tested', { channel }) })
    reload()
  } catch (error) {
    const { code, title } = problemOf(error)
    if (code !== Code.Unauthenticated) showToast({ text: title, tone: 'danger' })
  }
}

function List({ rows }: { rows: Notification[] }) {
  return (
    <PlainTable>
      <thead>
        <tr>
          <th>{t('notification.event')}</th>
          <th>{t('notification.channel')}</th>
          <th>{t('notification.state')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((each) => (
          <tr key={String(each.id)}>
            <td>
              {locale.value === 'ja' ? each.textJa : each.text}
              <div class="quiet small">
                <Time at={each.at} brief />
              </div>
            </td>
            <td>{each.channel}</td>
            <td>
              <Badge tone={tones[each.state as keyof typeof tones] ?? ''}>
                {tCode('notification.state', each.state)}
              </Badge>
              {each.error && (
                <div class="quiet small">
                  {each.error} ({tn('notification.attempts', each.attempts)})
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </PlainTable>
  )
}
