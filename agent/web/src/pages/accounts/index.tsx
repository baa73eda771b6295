import { useState } from 'preact/hooks'
import type { Account, InviteResponse } from '#api'
import { api, problemOf } from '../../api/client'
import { useLive } from '../../api/load'
import { may, session } from '../../api/session'
import { t, tCode } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { FormDialog } from '../../ui/form_dialog'
import { OneTimeDialog } from '../../ui/one_time_dialog'
import { Badge, PageHead, ProblemBox, Time } from '../../ui/parts'
import { SelectField } from '../../ui/select_field'
import { TextField } from '../../ui/text_field'
import { showToast } from '../../ui/toasts'
import { Tokens } from './tokens'

const roles = ['viewer', 'analyst', 'approver', 'senior_approver', 'auditor', 'admin']

// Who may come in, and with which tokens scripts do.
export function AccountsPage() {
  const [inviting, setInviting] = useState<{ name: string }>()
  const accounts = useLive((options) => api.accounts.listAccounts({}, options), [])
  return (
    <div class="content">
      <PageHead title={t('nav.accounts')}>
        {may('Accounts/Invite') && (
          <button type="button" class="primary" onClick={() => setInviting({ name: '' })}>
            {t('accounts.invite')}
          </button>
        )}
      </PageHead>
      {accounts.problem && <ProblemBox problem={accounts.problem} retry={accounts.reload} />}
      <AccountTable
        accounts={accounts.data?.accounts ?? []}
        onChange={accounts.reload}
        onInvite={(name) => setInviting({ name })}
      />
      <Tokens />
      {inviting && (
        <InviteDialog
          name={inviting.name}
          onClose={() => {
            setInviting(undefined)
            accounts.reload()
          }}
        />
      )}
    </div>
  )
}

// An act at a click, whose refusal is shown at the foot of the page.
async function attempt(act: Promise<unknown>, done: () => void) {
  try {
    await act
  } catch (error) {
    const problem = problemOf(error)
    showToast({ text: `${problem.title} ${agentText(problem.detail)}`, tone: 'danger' }, 12_000)
  }
  done()
}

interface TableProps {
  accounts: Account[]
  onChange: () => void
  onInvite: (name: string) => void
}

function AccountTable({ accounts, onChange, onInvite }: TableProps) {
  if (accounts.length === 0) return null
  return (
    <div class="table-box">
      <table>
        <thead>
          <tr>
            <th>{t('logIn.name')}</th>
            <th>{t('account.role')}</th>
            <th>{t('accounts.state')}</th>
            <th>{t('accounts.lastLogIn')}</th>
            <th>
              <span class="visually-hidden">{t('accounts.acts')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <AccountRow
              key={account.name}
              account={account}
              onChange={onChange}
              onInvite={onInvite}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps extends Omit<TableProps, 'accounts'> {
  account: Account
}

function AccountRow({ account, onChange, onInvite }: RowProps) {
  const { name, role, disabled } = account
  // Nobody changes their own account.
  const isOther = name !== session.value?.name
  return (
    <tr>
      <td>
        <strong>{name}</strong>
      </td>
      <td>
        {may('Accounts/SetRole') && isOther ? (
          <select
            aria-label={t('accounts.roleOf', { name })}
            value={role}
            onChange={(event) =>
              attempt(api.accounts.setRole({ name, role: event.currentTarget.value }), onChange)
            }
          >
            {roles.map((each) => (
              <option key={each} value={each}>
                {tCode('role', each)}
              </option>
            ))}
          </select>
        ) : (
          tCode('role', role)
        )}
      </td>
      <td>
        {disabled && <Badge tone="danger">{t('accounts.disabled')}</Badge>}{' '}
        {account.invited && <Badge tone="warn">{t('accounts.invited')}</Badge>}{' '}
        {account.hasOneTimeCode && <Badge tone="ok">{t('logIn.code')}</Badge>}
      </td>
      <td>
        <Time at={account.lastLogIn} brief />
      </td>
      <td>
        {may('Accounts/SetDisabled') && isOther && (
          <span class="row">
            <button type="button" class="small" onClick={() => onInvite(name)}>
              {t('accounts.inviteAgain')}
            </button>
            <button
              type="button"
              class={disabled ? 'small' : 'small reject'}
              onClick={() =>
                attempt(api.accounts.setDisabled({ name, disabled: !disabled }), onChange)
              }
            >
              {t(disabled ? 'accounts.enable' : 'accounts.disable')}
            </button>
          </span>
        )}
      </td>
    </tr>
  )
}

interface InviteProps {
  name: string // of an account that exists; else empty
  onClose: () => void
}

function InviteDialog({ name: known, onClose }: InviteProps) {
  const [name, setName] = useState(known)
  const [role, setRole] = useState('approver')
  const [invitation, setInvitation] = useState<InviteResponse>()
  const invite = async () => {
    setInvitation(await api.accounts.invite({ name: name.trim(), role: known ? '' : role }))
  }
  if (invitation) {
    const link = new URL(invitation.link, location.origin).href
    return (
      <OneTimeDialog
        title={t('accounts.invitation', { name })}
        intro={t('accounts.invitation.intro')}
        text={link}
        expires={invitation.expires}
        onClose={onClose}
      />
    )
  }
  return (
    <FormDialog
      title={t('accounts.invite')}
      submit={t('accounts.invite')}
      act={invite}
      onClose={onClose}
    >
      {known && <p class="quiet">{t('accounts.inviteAgain.intro')}</p>}
      <TextField
        label={t('logIn.name')}
        hint={t('redeem.name.hint')}
        autocapitalize="none"
        spellcheck={false}
        required
        disabled={known !== ''}
        value={name}
        onText={setName}
      />
      {!known && (
        <SelectField
          label={t('account.role')}
          value={role}
          choices={roles.map((each) => ({ value: each, text: tCode('role', each) }))}
          onValue={setRole}
        />
      )}
    </FormDialog>
  )
}
