import type { Device, LeftOut } from '#api'
import { api } from '../api/client'
import { useLive } from '../api/load'
import { formatNumber, t, tCode } from '../i18n'
import { toHex } from '../lib/bytes'
import { Badge, Empty, PageHead, PlainTable, ProblemBox, Time, type Tone } from '../ui/parts'

export const toneOfDevice: Record<string, Tone> = {
  current: 'ok',
  full: 'warn',
  'dry-run': 'warn',
  behind: 'warn',
  refused: 'danger',
  drift: 'danger',
  offline: 'danger',
  'never seen': 'warn',
}

// Which release each device has, and how it proved it.
export function DevicesPage() {
  const devices = useLive((options) => api.devices.listDevices({}, options), [])
  return (
    <div class="content">
      <PageHead title={t('nav.devices')}>
        <button type="button" onClick={devices.reload}>
          {t('action.reload')}
        </button>
      </PageHead>
      {devices.problem && <ProblemBox problem={devices.problem} retry={devices.reload} />}
      {devices.data?.devices.length === 0 && (
        <Empty title={t('devices.none')}>
          <p>{t('devices.none.next')}</p>
        </Empty>
      )}
      {devices.data && devices.data.devices.length > 0 && (
        <Rollout devices={devices.data.devices} />
      )}
      <div class="columns">
        {devices.data?.devices.map((device) => (
          <DeviceCard key={device.name} device={device} />
        ))}
      </div>
      {devices.data?.certificates.map((certificate) => (
        <p key={certificate.use}>
          {tCode('devices.certificate', certificate.use)} <Time at={certificate.expiresAt} />
        </p>
      ))}
    </div>
  )
}

// How far the release that is wanted got, list by list; whom it waits for.
function Rollout({ devices }: { devices: Device[] }) {
  const lists = [...new Set(devices.map((device) => device.list))].sort()
  return (
    <PlainTable>
      <thead>
        <tr>
          <th>{t('device.list')}</th>
          <th class="number">{t('device.wanted')}</th>
          <th>{t('device.rollout')}</th>
          <th>{t('device.waitsFor')}</th>
        </tr>
      </thead>
      <tbody>
        {lists.map((list) => {
          const of = devices.filter((device) => device.list === list)
          const late = of.filter((device) => device.state !== 'current')
          return (
            <tr key={list}>
              <th scope="row">{list}</th>
              <td class="number">{String(of[0]?.wantedRelease ?? 0n)}</td>
              <td>
                <Badge tone={late.length === 0 ? 'ok' : 'warn'}>
                  {t('device.enforced.value', {
                    n: formatNumber(of.length - late.length),
                    all: formatNumber(of.length),
                  })}
                </Badge>
              </td>
              <td>
                {late.length === 0
                  ? '–'
                  : late
                      .map((device) => `${device.name} (${tCode('device.state', device.state)})`)
                      .join(', ')}
              </td>
            </tr>
          )
        })}
      </tbody>
    </PlainTable>
  )
}

function DeviceCard({ device }: { device: Device }) {
  const lag = device.wantedRelease - device.appliedRelease
  return (
    <section class="card stack tight">
      <div class="row spread">
        <h2>{device.name}</h2>
        <Badge tone={toneOfDevice[device.state] ?? ''}>{tCode('device.state', device.state)}</Badge>
      </div>
      <dl class="facts">
        <dt>{t('device.list')}</dt>
        <dd>{device.list}</dd>
        <dt>{t('device.exporter')}</dt>
        <dd>
          {device.exporter || '–'} <span class="quiet">{device.software}</span>
        </dd>
        <dt>{t('device.release')}</dt>
        <dd>
          {t('device.release.value', {
            applied: String(device.appliedRelease),
            wanted: String(device.wantedRelease),
          })}{' '}
          {lag > 0n && <Badge tone="warn">{t('device.lag', { n: String(lag) })}</Badge>}
        </dd>
        <dt>{t('device.enforced')}</dt>
        <dd>
          {t('device.enforced.value', {
            n: formatNumber(device.enforced),
            all: formatNumber(device.count),
          })}
          {device.notEnforceable > 0n &&
            ` (${t('device.notEnforceable', { n: formatNumber(device.notEnforceable) })})`}
        </dd>
        {device.ended > 0n && (
          <>
            <dt>{t('device.ended')}</dt>
            <dd>{t('device.ended.value', { n: formatNumber(device.ended) })}</dd>
          </>
        )}
        {device.leftOut.length > 0 && (
          <>
            <dt>{t('device.leftOut')}</dt>
            <dd>
              {device.leftOut.map((part) => (
                <LeftOutPart key={part.place} part={part} />
              ))}
            </dd>
          </>
        )}
        <dt>{t('device.receipt')}</dt>
        <dd>
          <Time at={device.receiptAt} />
          <div class="quiet small">{device.readBack}</div>
        </dd>
        {device.certificateExpiresAt && (
          <>
            <dt>{t('device.certificate')}</dt>
            <dd>
              <Time at={device.certificateExpiresAt} />
            </dd>
          </>
        )}
        {device.difference.length > 0 && (
          <>
            <dt>{t('device.difference')}</dt>
            <dd class="mono small">
              {device.difference.map((line) => (
                <div key={line}>{line}</div>
              ))}
            </dd>
          </>
        )}
        {device.digest.length > 0 && (
          <>
            <dt>{t('evidence.digest')}</dt>
            <dd class="mono small">{toHex(device.digest)}</dd>
          </>
        )}
      </dl>
      {device.nack && (
        <div class="notice danger">
          <strong>{t('device.nack')}</strong> <Time at={device.nackAt} />
          <p>{device.nack}</p>
        </div>
      )}
    </section>
  )
}

// What does not fit on the device, or into one of its files: how much, the first few, where all is.
function LeftOutPart({ part }: { part: LeftOut }) {
  const key = part.place ? 'device.leftOut.place' : 'device.leftOut.device'
  return (
    <details>
      <summary>{t(key, { n: formatNumber(part.count), place: part.place })}</summary>
      <ul class="mono small">
        {part.sample.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="quiet small">{t('device.leftOut.all', { all: part.all })}</p>
    </details>
  )
}
