import { useState } from 'preact/hooks'
import type { Token } from '#api'
import { api } from '../../api/client'
import { useLive } from '../../api/load'
import { may } from '../../api/session'
import { t, tCode } from '../../i18n'
import { toDate } from '../../lib/time'
import { FormDialog } from '../../ui/form_dialog'
import { Badge, ProblemBox, Time } from '../../ui/parts'
import { TokenDialog } from './token_dialog'

// What scripts and the command line call with.
export function Tokens() {
  const tokens = useLive((options) => api.accounts.listTokens({}, options), [])
  const [creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<Token>()
  const shown = tokens.data?.tokens ?? []
  return (
    <>
      <div class="row spread">
        <h2>{t('accounts.tokens')}</h2>
        {may('Accounts/CreateToken') && (
          <button type="button" onClick={() => setCreating(true)}>
            {t('accounts.tokens.create')}
          </button>
        )}
      </div>
      {tokens.problem && <ProblemBox problem={tokens.problem} retry={tokens.reload} />}
      {tokens.data && shown.length === 0 && <p class="quiet">{t('accounts.tokens.none')}</p>}
      {shown.length > 0 && <TokenTable tokens={shown} onRevoke={setRevoking} />}
      {creating && (
        <TokenDialog
          roles={tokens.data?.roles ?? []}
          onClose={() => {
            setCreating(false)
            tokens.reload()
          }}
        />
      )}
      {revoking && (
        <FormDialog
          title={t('accounts.tokens.revoke', { name: revoking.name })}
          submit={t('blocks.revoke')}
          danger
          act={async () => {
            await api.accounts.revokeToken({ id: revoking.id })
            setRevoking(undefined)
            tokens.reload()
          }}
          onClose={() => setRevoking(undefined)}
        >
          <p>{t('accounts.tokens.revoke.intro')}</p>
        </FormDialog>
      )}
    </>
  )
}

interface TableProps {
  tokens: Token[]
  onRevoke: (token: Token) => void
}

function TokenTable({ tokens, onRevoke }: TableProps) {
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th>{t('logIn.name')}</th>
            <th>{t('account.role')}</th>
            <th>{t('accounts.createdBy')}</th>
            <th>{t('blocks.expires')}</th>
            <th>
              <span class="visually-hidden">{t('accounts.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <TokenRow key={String(token.id)} token={token} onRevoke={onRevoke} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function TokenRow({ token, onRevoke }: Omit<TableProps, 'tokens'> & { token: Token }) {
  const isOver = token.revoked || (token.expires && toDate(token.expires) <= new Date())
  return (
    <tr>
      <td>
        <strong>{token.name}</strong>
      </td>
      <td>
        {tCode('role', token.role)}
        {token.scope && <div class="quiet small mono">{token.scope}</div>}
      </td>
      <td>
        {token.createdBy} <Time at={token.created} brief />
      </td>
      <td>
        {token.revoked ? (
          <Badge>{t('accounts.tokens.revoked')}</Badge>
        ) : (
          <Time at={token.expires} brief />
        )}
      </td>
      <td>
        {may('Accounts/RevokeToken') && !isOver && (
          <button type="button" class="small reject" onClick={() => onRevoke(token)}>
            {t('blocks.revoke')}
          </button>
        )}
      </td>
    </tr>
  )
}
