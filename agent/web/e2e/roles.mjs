// The table of methods and roles through the page: for each role and each page, nothing is asked of
// the agent that it forbids, and no button is there that the role may not press.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, Person } from './browser.mjs'

const paths = [
  '/',
  '/queue',
  '/explain?q=cdn.evil.example',
  '/blocks',
  '/emergencies',
  '/unblock-requests',
  '/notifications',
  '/standing',
  '/releases?from=0&to=1',
  '/devices',
  '/feeds',
  '/allowlists',
  '/policy',
  '/history',
  '/accounts',
  '/account',
]
// What is written on a button, and what pressing it calls in the end.
const methodOf = {
  'accounts.invite': 'Accounts/Invite',
  'accounts.tokens.create': 'Accounts/CreateToken',
  'allow.add': 'Allowlists/AddAllowEntry',
  'allow.remove': 'Allowlists/RemoveAllowEntry',
  'blocks.add': 'Blocks/AddBlock',
  'blocks.revoke': 'Blocks/RevokeBlocks',
  'decide.approve': 'Queue/Decide',
  'decide.reject': 'Queue/Decide',
  'decide.defer': 'Queue/Decide',
  'emergency.block': 'Emergencies/BlockNow',
  'emergency.unblock': 'Emergencies/UnblockNow',
  'standing.propose': 'StandingApprovals/ProposeStandingApproval',
  'feeds.refresh': 'Feeds/RefreshFeeds',
  'feeds.refreshAll': 'Feeds/RefreshFeeds',
  'simulate.run': 'Policy/Simulate',
}
const roles = ['approver', 'senior_approver', 'viewer', 'analyst', 'auditor']

let browser
const links = {}
const pressed = new Set() // keys that somebody may press
before(async () => {
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
})

async function redeem(link, name) {
  const person = await Person.open(browser, { locale: 'en', width: 1440 })
  await person.redeem(link, name)
  return person
}

async function invite(admin, role) {
  await admin.goTo('/accounts')
  await admin.button('accounts.invite').click()
  const dialog = admin.dialog()
  await dialog.getByLabel(admin.t('logIn.name')).fill(role)
  await dialog.getByRole('combobox').selectOption(role)
  await dialog.locator('button[type=submit]').click()
  links[role] = await dialog.locator('code').textContent()
}

// Some buttons show the key that does the same, too.
const isCalled = (name, label) => name.startsWith(label) && name.length <= label.length + 2

async function visitAll(person) {
  const forbidden = []
  person.page.on('response', (response) => {
    if (response.status() === 403) forbidden.push(new URL(response.url()).pathname)
  })
  const methods = await person.page.evaluate(async () => {
    const response = await fetch('/sekisho.v1.Sessions/GetSession', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'connect-protocol-version': '1' },
      body: '{}',
    })
    return (await response.json()).session.methods
  })
  const may = (method) => methods.includes(`/sekisho.v1.${method}`)
  for (const path of paths) {
    await person.goTo(path)
    await person.sees(person.page.getByRole('heading', { level: 1 }).first())
    await person.rests()
    const names = await person.page.getByRole('button').allTextContents()
    for (const [key, method] of Object.entries(methodOf)) {
      if (!names.some((name) => isCalled(name.trim(), person.t(key)))) continue
      pressed.add(key)
      assert.ok(may(method), `${path} shows "${person.t(key)}" to who may not call ${method}`)
    }
    if (path !== '/accounts' || may('Accounts/ListAccounts')) {
      assert.deepEqual(forbidden, [], `${path} asks for what the role may not have`)
    }
    forbidden.length = 0
  }
}

test('An admin is shown what an admin may do', async () => {
  const admin = await redeem(process.env.SEKISHO_FIRST_ADMIN, 'root')
  for (const role of roles) await invite(admin, role)
  await visitAll(admin)
  await admin.context.close()
})

for (const role of roles) {
  test(`${role}: is shown what the role may do`, async () => {
    const person = await redeem(links[role], role)
    if (role === 'approver') await leaveSomethingToDo(person)
    await visitAll(person)
    await person.context.close()
  })
}

// A block that could be revoked, and an entry that could be removed.
async function leaveSomethingToDo(person) {
  await person.goTo('/queue?filter=cdn.evil.example%20kind:domain')
  await person.sees(person.rows().first())
  await person.page.keyboard.press('a')
  await person.dialog().getByLabel(person.t('decide.reason')).fill('looked at')
  await person.page.keyboard.press('Enter')
  await person.page.waitForTimeout(7500) // the undo window
  await person.goTo('/allowlists')
  await person.button('allow.add').click()
  const dialog = person.dialog()
  await dialog.getByLabel(person.t('blocks.indicator')).fill('ours.example.com')
  await dialog.getByLabel(person.t('allow.owner')).fill('web team')
  await dialog.getByLabel(person.t('decide.reason')).fill('ours')
  await dialog.locator('button[type=submit]').click()
  await person.button('allow.add.submit').click()
  await dialog.waitFor({ state: 'detached' })
}

test('Each button was there for somebody', () => {
  assert.deepEqual(
    Object.keys(methodOf).filter((key) => !pressed.has(key)),
    [],
  )
})
