// What admins do for people and scripts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, Person, password, url } from './browser.mjs'

let browser
let root
before(async () => {
  browser = await openBrowser()
  root = await Person.open(browser, { locale: 'en', width: 1440 })
  await root.redeem(process.env.SEKISHO_FIRST_ADMIN, 'root')
})
after(async () => {
  await browser?.close()
})

// What the agent answers a script.
async function call(method, token) {
  const { status } = await fetch(`${url}/sekisho.v1.${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  return status
}

test('An admin makes a token for a script, which is shown once, and revokes it', async () => {
  const { page } = root
  await root.goTo('/accounts')
  await root.button('accounts.tokens.create').click()
  const dialog = root.dialog()
  const submit = dialog.locator('button[type=submit]')
  // By keys alone.
  await page.keyboard.type('tickets')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Appro')
  await page.keyboard.press('Tab')
  await page.keyboard.type('30')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  assert.equal(await submit.isDisabled(), true, 'nothing chosen would be everything')
  const queue = dialog.locator('summary', { hasText: 'Queue' })
  await queue.focus()
  await page.keyboard.press('Enter')
  await dialog.getByLabel('Queue/ListProposals', { exact: true }).focus()
  await page.keyboard.press('Space')
  await root.inspect('token-create')
  await submit.focus()
  await page.keyboard.press('Enter')
  await root.sees(root.t('accounts.tokens.once'))
  const secret = await dialog.locator('code').textContent()
  await root.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await root.button('evidence.copy').click()
  await root.sees(root.t('action.copied'))
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret)
  await root.inspect('token-once')
  await root.button('action.close').click()
  const row = page.getByRole('row', { name: /tickets/ })
  await root.sees(row.getByText('Queue/ListProposals'))
  assert.ok(!(await page.content()).includes(secret), 'it is still in the page')
  assert.equal(await call('Queue/ListProposals', secret), 200)
  assert.equal(await call('Blocks/ListBlocks', secret), 403)

  await row.getByRole('button', { name: root.t('blocks.revoke') }).click()
  await root.inspect('token-revoke')
  await dialog.locator('button[type=submit]').click()
  await root.sees(row.getByText(root.t('accounts.tokens.revoked')))
  assert.equal(await call('Queue/ListProposals', secret), 401)
})

test('Another is for a feed alone; the admin has a telephone and reads Japanese', async () => {
  const same = await Person.open(browser, { locale: 'ja', width: 390 })
  await same.goTo('/accounts')
  await same.field('logIn.name').fill('root')
  await same.field('logIn.password').fill(password)
  await same.button('logIn.submit').click()
  await same.button('accounts.tokens.create').click()
  const dialog = same.dialog()
  await dialog.getByLabel(same.t('logIn.name')).fill('mail')
  await dialog.getByLabel(same.t('account.role'), { exact: true }).selectOption('analyst')
  await dialog.getByLabel(same.t('accounts.tokens.scope.feeds')).check()
  await dialog.getByLabel('urlhaus', { exact: true }).check()
  await same.inspect('token-create')
  await dialog.locator('button[type=submit]').click()
  await same.sees(same.t('accounts.tokens.once'))
  await same.inspect('token-once')
  await same.button('action.close').click()
  await same.sees(same.page.getByRole('row', { name: /mail/ }).getByText('feed:urlhaus'))
  await same.inspect('tokens')
  await same.context.close()
})

test('Who is disabled is logged out at once, without touching the page', async () => {
  const carol = await Person.open(browser, { locale: 'ja', width: 1440 })
  await root.goTo('/accounts')
  await root.button('accounts.invite').click()
  await root.dialog().getByLabel(root.t('logIn.name')).fill('carol')
  await root.dialog().locator('button[type=submit]').click()
  await carol.redeem(await root.dialog().locator('code').textContent(), 'carol')
  await carol.goTo('/devices')
  await carol.rests()
  await root.goTo('/accounts')
  await root.page
    .getByRole('row', { name: /carol/ })
    .getByRole('button', { name: root.t('accounts.disable') })
    .click()
  await carol.sees(carol.button('logIn.submit'))
  await carol.context.close()
})
