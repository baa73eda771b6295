// Who is stopped by a block asks for the site, without an account, and an approver answers: against
// a real agent that tests/web/page_test.cc has set up. The stories build on each other.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, Person } from './browser.mjs'

const password = 'four random words suffice'
let browser
let alice
let taro
let hanako

before(async () => {
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
})

async function ask(asker, query, note, contact = '') {
  await asker.goTo(`/unblock${query}`)
  await asker.field('unblock.note').fill(note)
  await asker.field('unblock.contact').fill(contact)
  await asker.inspect('unblock')
  await asker.button('unblock.ask').click()
  await asker.sees(asker.t('unblock.state.open'))
  await asker.inspect('unblock-open')
}

test('Alice, an approver, blocks a site', async () => {
  const admin = await Person.open(browser, { locale: 'en', width: 1440 })
  await admin.page.goto(process.env.SEKISHO_FIRST_ADMIN)
  await admin.field('logIn.name').fill('root')
  await admin.field('redeem.password').fill(password)
  await admin.button('redeem.submit').click()
  await admin.sees(admin.page.getByRole('heading', { name: admin.t('nav.dashboard') }))
  await admin.goTo('/accounts')
  await admin.button('accounts.invite').click()
  await admin.dialog().getByLabel(admin.t('logIn.name')).fill('alice')
  await admin.dialog().locator('button[type=submit]').click()
  const link = await admin.dialog().locator('code').textContent()
  await admin.context.close()

  alice = await Person.open(browser, { locale: 'en', width: 1440 })
  await alice.page.goto(link)
  await alice.field('logIn.name').fill('alice')
  await alice.field('redeem.password').fill(password)
  await alice.button('redeem.submit').click()
  await alice.sees(alice.page.getByRole('heading', { name: alice.t('nav.dashboard') }))
  await alice.goTo('/queue?filter=cdn.evil.example%20kind:domain')
  await alice.sees(alice.rows().first())
  await alice.page.keyboard.press('a')
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('looked at its sources')
  await alice.page.keyboard.press('Enter')
  await alice.page.waitForTimeout(7500) // the undo window
  await alice.goTo('/explain?q=cdn.evil.example')
  await alice.sees(alice.t('explain.blocked'))
})

test('Two people ask for it from its block page, one of them on a telephone and in Japanese', async () => {
  taro = await Person.open(browser, { locale: 'ja', width: 390 })
  // As Squid writes the address: not encoded.
  await ask(taro, '?target=http://cdn.evil.example/a?b=1&c=2', '発注に使います', '内線 4711')
  hanako = await Person.open(browser, { locale: 'en', width: 1440, theme: 'dark' })
  await ask(hanako, '?target=cdn.evil.example', 'A customer sent me this link')
  assert.match(hanako.page.url(), /\/unblock\/status#.{43}$/)
})

test('Whoever has no such address is told nothing, and a mistake says what is wrong', async () => {
  const mallory = await Person.open(browser, { locale: 'en', width: 390 })
  await mallory.goTo('/unblock/status#guessed')
  await mallory.sees(mallory.page.getByRole('alert'))
  await mallory.inspect('unblock-unknown')
  await mallory.goTo('/unblock?target=not%20a%20site')
  await mallory.field('unblock.note').fill('why not')
  await mallory.button('unblock.ask').click()
  await mallory.sees(mallory.page.getByRole('alert'))
  await mallory.context.close()
})

test('Alice sees how many wait, with the evidence, and grants it for a day', async () => {
  await alice.goTo('/')
  await alice.sees(alice.t('unblock.notice.other', { n: '2' }))
  await alice.inspect('dashboard-unblock')
  await alice.goTo('/unblock-requests')
  await alice.sees(alice.page.getByRole('heading', { name: 'cdn[.]evil[.]example' }))
  await alice.sees('発注に使います')
  await alice.sees('内線 4711')
  await alice.page.getByText(alice.t('unblock.evidence')).click()
  await alice.sees('looked at its sources')
  await alice.inspect('unblock-requests')
  await alice.button('unblock.grant').click()
  const dialog = alice.dialog()
  await dialog.getByText('looked at its sources').first().waitFor()
  await dialog.getByLabel(alice.t('unblock.answer')).fill('They cleaned it up. 解除しました。')
  await dialog.getByLabel(alice.t('unblock.lifetime')).selectOption({ index: 3 })
  await alice.inspect('unblock-grant')
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
  await alice.sees(alice.t('unblock.none'))
  await alice.inspect('unblock-answered')
  await alice.goTo('/explain?q=cdn.evil.example')
  await alice.sees(alice.t('explain.notBlocked'))
})

test('Both who asked read the answer', async () => {
  await taro.button('unblock.lookAgain').click()
  await taro.sees(taro.t('unblock.state.granted'))
  await taro.sees('They cleaned it up. 解除しました。')
  await taro.inspect('unblock-granted')
  await hanako.page.reload()
  await hanako.sees(hanako.t('unblock.state.granted'))
  await hanako.inspect('unblock-granted')
})

test('What nothing blocks cannot be granted, so Alice declines', async () => {
  await ask(taro, '?target=open.example', '見たいです')
  await alice.goTo('/unblock-requests')
  await alice.button('unblock.grant').click()
  await alice.sees(alice.dialog().getByText(alice.t('unblock.wouldGo.none')))
  await alice
    .dialog()
    .getByRole('button', { name: alice.t('action.cancel') })
    .click()
  await alice.button('unblock.decline').click()
  await alice.dialog().getByLabel(alice.t('unblock.answer')).fill('こちらでは止めていません。')
  await alice.dialog().locator('button[type=submit]').click()
  await alice.sees(alice.t('unblock.none'))
  await taro.button('unblock.lookAgain').click()
  await taro.sees('こちらでは止めていません。')
  await taro.inspect('unblock-declined')
})
