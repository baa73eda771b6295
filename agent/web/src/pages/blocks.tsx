import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import type { Block } from '#api'
import { api } from '../api/client'
import { useLive } from '../api/load'
import { may } from '../api/session'
import { t, tCode, tn } from '../i18n'
import { agentText } from '../i18n/agent'
import { toDuration } from '../lib/time'
import { BlockState, defang } from '../ui/evidence_parts'
import { FormDialog } from '../ui/form_dialog'
import { LifetimeField } from '../ui/lifetime_field'
import { Empty, PageHead, ProblemBox, Time } from '../ui/parts'
import { ReasonDialog, ReasonField } from '../ui/reason_dialog'
import { IndicatorField } from '../ui/text_field'
import { showToast } from '../ui/toasts'

const pageSize = 100
const week = 7 * 86_400
type Shown = 'inForce' | 'expiring' | 'all'

// What is blocked now, or was.
export function BlocksPage() {
  const [shown, setShown] = useState<Shown>('inForce')
  const [tokens, setTokens] = useState<string[]>([''])
  const [revoking, setRevoking] = useState<Block>()
  const [renewing, setRenewing] = useState<Block>()
  const [adding, setAdding] = useState(false)
  const pageToken = tokens.at(-1) ?? ''
  const page = useLive(
    (options) =>
      api.blocks.listBlocks(
        {
          limit: pageSize,
          pageToken,
          includeRemoved: shown === 'all',
          expiringWithin: toDuration(shown === 'expiring' ? week : undefined),
        },
        options,
      ),
    [shown, pageToken],
  )
  return (
    <div class="content">
      <PageHead title={t('nav.blocks')}>
        {page.data && <span class="quiet">{tn('blocks.count', page.data.total)}</span>}
        <label class="row">
          {t('blocks.show')}
          <select
            value={shown}
            onChange={(event) => {
              setShown(event.currentTarget.value as Shown)
              setTokens([''])
            }}
          >
            {(['inForce', 'expiring', 'all'] as const).map((each) => (
              <option key={each} value={each}>
                {t(`blocks.${each}`)}
              </option>
            ))}
          </select>
        </label>
        {may('Blocks/AddBlock') && (
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            {t('blocks.add')}
          </button>
        )}
      </PageHead>
      {page.problem && <ProblemBox problem={page.problem} retry={page.reload} />}
      {page.data?.blocks.length === 0 && (
        <Empty title={t(shown === 'expiring' ? 'blocks.expiring.none' : 'blocks.none')}>
          <Link href="/queue">{t('blocks.none.next')}</Link>
        </Empty>
      )}
      {shown === 'expiring' && <p class="quiet">{t('blocks.expiring.hint')}</p>}
      {page.data && page.data.blocks.length > 0 && (
        <BlockTable
          blocks={page.data.blocks}
          onRevoke={setRevoking}
          onRenew={shown === 'expiring' ? setRenewing : undefined}
        />
      )}
      <div class="row">
        {tokens.length > 1 && (
          <button type="button" onClick={() => setTokens(tokens.slice(0, -1))}>
            {t('page.previous')}
          </button>
        )}
        {page.data?.nextPageToken && (
          <button
            type="button"
            onClick={() => setTokens([...tokens, page.data?.nextPageToken ?? ''])}
          >
            {t('page.next')}
          </button>
        )}
      </div>
      {revoking && (
        <ReasonDialog
          title={t('blocks.revoke.title')}
          intro={defang(revoking.indicator)}
          hint={t('blocks.revoke.hint')}
          submit={t('blocks.revoke')}
          act={async (reason) => {
            const { release } = await api.blocks.revokeBlocks({ ids: [revoking.id], reason })
            showToast({ text: t('blocks.revoked', { release: release.toString() }) })
            page.reload()
          }}
          onClose={() => setRevoking(undefined)}
        />
      )}
      {renewing && (
        <RenewDialog block={renewing} onDone={page.reload} onClose={() => setRenewing(undefined)} />
      )}
      {adding && <AddDialog onClose={() => setAdding(false)} />}
    </div>
  )
}

interface TableProps {
  blocks: Block[]
  onRevoke?: (block: Block) => void
  onRenew?: (block: Block) => void
}

export function BlockTable({ blocks, onRevoke, onRenew }: TableProps) {
  const mayRevoke = onRevoke !== undefined && may('Blocks/RevokeBlocks')
  const mayRenew = onRenew !== undefined && may('Blocks/RenewBlocks')
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th>{t('blocks.indicator')}</th>
            <th>{t('blocks.state')}</th>
            <th>{t('blocks.approvedBy')}</th>
            <th>{t('blocks.expires')}</th>
            <th class="number">{t('blocks.release')}</th>
            {(mayRevoke || mayRenew) && (
              <th>
                <span class="visually-hidden">{t('blocks.acts')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {blocks.map((block) => (
            <tr key={String(block.id)}>
              <td>
                <Link href={`/explain?q=${encodeURIComponent(block.indicator)}`} class="mono">
                  {defang(block.indicator)}
                </Link>
                <div class="quiet small">
                  {tCode('kind', block.kind)} · {block.reason}
                </div>
              </td>
              <td>
                <BlockState block={block} />
                {block.removedBecause && (
                  <div class="quiet small">{agentText(block.removedBecause)}</div>
                )}
              </td>
              <td>
                {block.approvedBy.join(', ')}
                <div class="quiet small">
                  <Time at={block.approvedAt} brief />
                </div>
              </td>
              <td>
                <Time at={block.expiresAt} brief />
              </td>
              <td class="number">{block.addedRelease > 0n ? String(block.addedRelease) : '–'}</td>
              {(mayRevoke || mayRenew) && (
                <td>
                  {!block.removedBecause && (
                    <span class="row">
                      {mayRenew && (
                        <button type="button" class="small" onClick={() => onRenew(block)}>
                          {t('blocks.renew')}
                        </button>
                      )}
                      {mayRevoke && (
                        <button type="button" class="small reject" onClick={() => onRevoke(block)}>
                          {t('blocks.revoke')}
                        </button>
                      )}
                    </span>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RenewProps {
  block: Block
  onDone: () => void
  onClose: () => void
}

// An approval anew, before the block ends; it may need another person's, as any.
function RenewDialog({ block, onDone, onClose }: RenewProps) {
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<number>()
  const renew = async () => {
    const { awaiting, refused } = await api.blocks.renewBlocks({
      ids: [block.id],
      reason: reason.trim(),
      lifetime: toDuration(seconds),
    })
    onClose()
    onDone()
    const what = defang(block.indicator)
    if (refused[0]) {
      showToast({ text: `${what}: ${agentText(refused[0].reason)}`, tone: 'danger' }, 12_000)
    } else {
      showToast({ text: t(awaiting > 0n ? 'blocks.renew.awaiting' : 'blocks.renewed', { what }) })
    }
  }
  return (
    <FormDialog
      title={t('blocks.renew.title')}
      submit={t('blocks.renew')}
      act={renew}
      onClose={onClose}
    >
      <p class="mono">{defang(block.indicator)}</p>
      <p class="quiet">{t('blocks.renew.hint')}</p>
      <ReasonField value={reason} autofocus onText={setReason} />
      <LifetimeField label={t('blocks.renew.lifetime')} seconds={seconds} onSeconds={setSeconds} />
    </FormDialog>
  )
}

// A person's own proposal; somebody else approves it.
function AddDialog({ onClose }: { onClose: () => void }) {
  const [indicator, setIndicator] = useState('')
  const [reason, setReason] = useState('')
  const [seconds, setSeconds] = useState<number>()
  const [, navigate] = useLocation()
  const add = async () => {
    const { proposal } = await api.blocks.addBlock({
      indicator: indicator.trim(),
      reason: reason.trim(),
      lifetime: toDuration(seconds),
    })
    onClose()
    showToast({ text: t('blocks.added', { what: proposal?.defanged ?? indicator }) })
    navigate(`/queue?filter=${encodeURIComponent(`"${proposal?.indicator ?? indicator}"`)}`)
  }
  return (
    <FormDialog title={t('blocks.add')} submit={t('blocks.add.submit')} act={add} onClose={onClose}>
      <p class="quiet">{t('blocks.add.intro')}</p>
      <IndicatorField value={indicator} onText={setIndicator} />
      <ReasonField value={reason} onText={setReason} />
      <LifetimeField label={t('decide.lifetime')} seconds={seconds} onSeconds={setSeconds} />
    </FormDialog>
  )
}
