// What people do with the page, against a real agent that tests/web/page_test.cc has set up. The
// stories build on each other, so they run in order.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isStream, isStreamUrl, openBrowser, Person, password, url } from './browser.mjs'

const places = [
  ['dashboard', '/'],
  ['queue', '/queue'],
  ['explain', '/explain?q=cdn.evil.example'],
  ['blocks', '/blocks'],
  ['unblock-requests', '/unblock-requests'],
  ['notifications', '/notifications'],
  ['standing', '/standing'],
  ['releases', '/releases'],
  ['devices', '/devices'],
  ['feeds', '/feeds'],
  ['allowlists', '/allowlists?q=www.example.com'],
  ['policy', '/policy'],
  ['history', '/history'],
  ['account', '/account'],
]

let browser
const people = {}
const invitations = {} // by name

before(async () => {
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
})

async function redeem(person, link, name) {
  await person.page.goto(link)
  await person.field('logIn.name').fill(name)
  await person.field('redeem.password').fill(password)
  await person.inspect('invitation')
  await person.button('redeem.submit').click()
  await person.sees(person.page.getByRole('heading', { name: person.t('nav.dashboard') }))
}

async function invite(admin, name) {
  await admin.goTo('/accounts')
  await admin.button('accounts.invite').click()
  await admin.dialog().getByLabel(admin.t('logIn.name')).fill(name)
  await admin.inspect('invite')
  await admin.dialog().locator('button[type=submit]').click()
  const link = await admin.dialog().locator('code').textContent()
  await admin.inspect('invited')
  return link
}

test('The first admin comes in by the one-time link, which works once, and invites', async () => {
  const link = process.env.SEKISHO_FIRST_ADMIN
  const admin = await Person.open(browser, { locale: 'en', width: 1440 })
  await redeem(admin, link, 'root')
  invitations.alice = await invite(admin, 'alice')
  invitations.bob = await invite(admin, 'bob')
  await admin.goTo('/accounts')
  await admin.sees(admin.page.getByRole('cell', { name: 'alice' }))
  await admin.inspect('accounts')
  const second = await Person.open(browser, { locale: 'ja', width: 390 })
  await second.page.goto(link)
  await second.field('logIn.name').fill('mallory')
  await second.field('redeem.password').fill(password)
  await second.button('redeem.submit').click()
  await second.sees(second.page.getByRole('alert'))
  await admin.context.close()
  await second.context.close()
})

test('Alice redeems her invitation, logs out and in again; a wrong password tells nothing', async () => {
  const alice = await Person.open(browser, { locale: 'en', width: 1440 })
  people.alice = alice
  await redeem(alice, invitations.alice, 'alice')
  await alice.button('session.logOut').click()
  await alice.field('logIn.name').fill('alice')
  await alice.field('logIn.password').fill('not her password')
  await alice.button('logIn.submit').click()
  await alice.sees(alice.t('logIn.wrong'))
  await alice.inspect('log-in')
  await alice.field('logIn.password').fill(password)
  await alice.button('logIn.submit').click()
  await alice.sees(alice.page.getByRole('heading', { name: alice.t('nav.dashboard') }))
})

test('A mistake in a filter is shown where it is', async () => {
  const { alice } = people
  await alice.goTo('/queue')
  const filter = alice.field('filter.label')
  await filter.fill('kind:domain threta:c2')
  await filter.press('Enter')
  await alice.sees('column 13')
  assert.equal(
    await filter.evaluate((input) => input.value.slice(input.selectionStart, input.selectionEnd)),
    'threta:c2',
  )
  await alice.inspect('filter-mistake')
})

// Approves what is alone in the queue by that filter: by keys, after a change of mind.
async function approveByKeyboard(person, filter, reason) {
  const { page } = person
  await person.goTo(`/queue?filter=${encodeURIComponent(filter)}`)
  const row = person.rows()
  await person.sees(row)
  if (person.looks.width > 400) await person.sees(person.t('evidence.traffic'))
  await person.inspect('evidence')
  await page.keyboard.press('a')
  await person.dialog().waitFor()
  await person.inspect('approve')
  await person.dialog().getByLabel(person.t('decide.reason')).fill(reason)
  await page.keyboard.press('Enter')
  await row.waitFor({ state: 'detached' })
  await page.keyboard.press('u')
  await person.sees(row)
  await page.keyboard.press('.')
  await row.waitFor({ state: 'detached' })
  await person.inspect('approved')
  // The undo window, and the agent.
  await page.waitForTimeout(7500)
}

// Approves all that match: nothing happens before the right number is typed.
async function approveAll(person, filter, reason) {
  await person.goTo(`/queue?filter=${encodeURIComponent(filter)}`)
  await person.sees(person.rows().first())
  await person.page
    .getByLabel(person.t('bulk.label'))
    .selectOption({ label: person.t('bulk.approve.title') })
  const dialog = person.dialog()
  await person.sees(dialog.locator('.sample li').first())
  const count = await person.rows().first().getAttribute('aria-setsize')
  await dialog.getByLabel(person.t('decide.reason')).fill(reason)
  const confirmation = dialog.getByLabel(person.t('bulk.confirm', { n: count }))
  await confirmation.fill('999999')
  assert.equal(await dialog.locator('button[type=submit]').isDisabled(), true)
  await person.inspect('bulk')
  await confirmation.fill(count)
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
  await person.sees(person.t('queue.none.filter'))
}

// Undoes the difference between two releases that is on the screen.
async function goBack(person, indicator, reason) {
  await person.button('releases.revert').click()
  await person.sees(person.dialog().getByText(indicator))
  await person.dialog().getByLabel(person.t('decide.reason')).fill(reason)
  await person.inspect('go-back')
  await person.dialog().locator('button[type=submit]').click()
  await person.dialog().waitFor({ state: 'detached' })
}

test('Alice approves by keyboard, takes it back within the window, and approves again', async () => {
  const { alice } = people
  await approveByKeyboard(alice, 'cdn.evil.example kind:domain', 'looked at its sources')
  await alice.goTo('/explain?q=cdn.evil.example')
  await alice.sees(alice.t('explain.blocked'))
  await alice.sees('looked at its sources')
})

test('Alice approves many at once: a preview, a number to type, nothing before it', async () => {
  const { alice } = people
  await approveAll(alice, 'kind:url feed:urlhaus github', 'samples looked at')
  await alice.inspect('queue-empty')
})

test('Alice renews what would end soon', async () => {
  const { alice } = people
  await alice.goTo('/blocks')
  await alice.page.getByLabel(alice.t('blocks.show')).selectOption('expiring')
  const row = alice.page.getByRole('row', { name: /^cdn\[\.\]evil\[\.\]example/ })
  await row.getByRole('button', { name: alice.t('blocks.renew') }).click()
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('still active')
  await alice
    .dialog()
    .getByLabel(alice.t('blocks.renew.lifetime'))
    .selectOption(`${30 * 86_400}`)
  await alice.inspect('renew')
  await alice.dialog().locator('button[type=submit]').click()
  await alice.sees(alice.t('blocks.renewed', { what: 'cdn[.]evil[.]example' }))
  await row.waitFor({ state: 'detached' })
})

test('Groups narrow the queue to what can be judged as a whole', async () => {
  const { alice } = people
  await alice.goTo('/queue?filter=feed:urlhaus&by=site')
  const group = alice.page.getByRole('button', { name: /^evil\[\.\]example/ })
  await alice.sees(group.first())
  await alice.inspect('groups')
  await group.first().click()
  await alice.page.waitForURL(/within/)
  await alice.sees(alice.rows().first())
  await alice.goTo('/queue?by=campaign')
  await alice.page.getByRole('button', { name: /^Operation Dust/ }).click()
  await alice.page.waitForURL(/campaign/)
  await alice.sees(alice.rows({ name: 'dust[.]example' }))
})

test('A wide prefix takes Alice and Bob, who has a telephone and reads Japanese', async () => {
  const { alice } = people
  await alice.goTo('/queue?filter=two:yes%20%22198.51.100.0/23%22')
  const row = alice.rows().first()
  await alice.sees(row)
  await alice.page.keyboard.press('a')
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('two people looked')
  await alice.page.keyboard.press('Enter')
  // The undo window; by then her last password is too long ago.
  await alice.sees(alice.t('stepUp.intro'))
  await alice.field('logIn.password').fill('not her password')
  await alice.page.keyboard.press('Enter')
  await alice.sees(alice.t('stepUp.wrong'))
  await alice.inspect('step-up')
  await alice.field('logIn.password').fill(password)
  await alice.button('stepUp.submit').click()
  await alice.sees(alice.t('decided.awaiting', { what: '198[.]51[.]100[.]0/23' }))
  await alice.goTo('/explain?q=198.51.100.0/23')
  await alice.sees(alice.t('explain.notBlocked'))

  const bob = await Person.open(browser, { locale: 'ja', width: 390 })
  people.bob = bob
  await redeem(bob, invitations.bob, 'bob')
  await bob.goTo('/queue?filter=two:yes%20%22198.51.100.0/23%22')
  await bob.rows().first().click()
  await bob.sees(bob.t('evidence.vote', { who: 'alice' }))
  await bob.inspect('second-approver')
  await bob.page.locator('.decide-bar .approve').click()
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('根拠を確認')
  await bob.inspect('approve')
  await bob.page.keyboard.press('Enter')
  await bob.sees(bob.t('stepUp.intro'))
  await bob.inspect('step-up')
  await bob.page.keyboard.press('Escape')
  await bob.sees(bob.t('problem.stepUp'))
  await bob.rows().first().click()
  await bob.page.locator('.decide-bar .approve').click()
  assert.equal(
    await bob.dialog().getByLabel(bob.t('decide.reason')).inputValue(),
    '根拠を確認',
    'the reason was lost',
  )
  await bob.page.keyboard.press('Enter')
  await bob.sees(bob.t('stepUp.intro'))
  await bob.field('logIn.password').fill(password)
  await bob.page.keyboard.press('Enter')
  await bob.page.waitForTimeout(1500)
  await bob.goTo('/explain?q=198.51.100.0/23')
  await bob.sees(bob.t('explain.blocked'))
  await alice.sees(alice.t('explain.blocked')) // by itself
})

test('What one decides leaves the screens of the others by itself', async () => {
  const { alice, bob } = people
  await alice.goTo('/queue?filter=kind:domain%20feed:urlhaus')
  await alice.rows({ name: 'update[.]evil[.]example' }).click()
  const row = { name: 'invoice[.]malware[.]example' }
  await alice.sees(alice.rows(row))
  await bob.goTo('/queue?filter=kind:domain%20invoice.malware.example')
  await bob.rows(row).click()
  await bob.page.locator('.decide-bar .defer').click()
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('確認中')
  await bob.page.keyboard.press('Enter')
  await alice.rows(row).waitFor({ state: 'detached', timeout: 20_000 })
})

test('Seven tabs of a browser share one stream, and all are served', async () => {
  const { alice } = people
  const streams = new Set()
  const open = (request) => isStream(request) && streams.add(request)
  const close = (request) => streams.delete(request)
  alice.context.on('request', open).on('requestfinished', close).on('requestfailed', close)
  await alice.goTo('/queue?filter=kind:domain')
  const tabs = []
  for (let i = 0; i < 6; ++i) {
    const page = await alice.context.newPage()
    tabs.push(new Person(alice.context, page, alice.looks))
    await page.goto(`${url}/queue?filter=kind:domain`)
  }
  for (const tab of [alice, ...tabs]) await tab.sees(tab.rows().first())
  assert.equal(streams.size, 1)
  await alice.page.goto('about:blank')
  const until = Date.now() + 20_000
  while (streams.size !== 1 && Date.now() < until) await alice.page.waitForTimeout(50)
  assert.equal(streams.size, 1, 'no other tab took the stream over')
  for (const tab of tabs) {
    assert.deepEqual(tab.faults, [])
    await tab.page.close()
  }
  alice.context.off('request', open).off('requestfinished', close).off('requestfailed', close)
})

test('When two decide at once, the later one is shown what changed', async () => {
  const { alice, bob } = people
  const address = '/queue?filter=update.evil.example%20kind:domain'
  await alice.goTo(address)
  await alice.sees(alice.rows().first())
  await bob.goTo(address)
  await bob.rows().first().click()
  await alice.sees(alice.t('queue.looking', { who: 'bob' }))
  await alice.inspect('others')
  await bob.sees(bob.page.locator('.evidence').getByText(bob.t('queue.claimed', { who: 'alice' })))
  await bob.page.locator('.decide-bar .reject').click()
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('誤検知：自組織のもの')
  await bob.inspect('claimed')
  await bob
    .dialog()
    .getByLabel(bob.t('decide.claimed', { who: 'alice' }))
    .check()
  await bob.page.keyboard.press('Enter')
  await bob.page.waitForTimeout(7500)
  // It stays before her, as she may be about to press a key.
  await alice.page.keyboard.press('a')
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('bad')
  await alice.page.keyboard.press('Enter')
  await alice.page.waitForTimeout(7500)
  await alice.sees(alice.dialog().getByRole('cell', { name: alice.t('state.rejected') }))
  await alice.sees(alice.t('conflict.by', { who: 'bob' }))
  await alice.sees('誤検知：自組織のもの')
  await alice.inspect('conflict')
})

test('Alice proposes a rule; Bob is one of the two whom it takes, and ends it', async () => {
  const { alice, bob } = people
  await alice.goTo('/standing')
  await alice.sees(alice.t('standing.none'))
  await alice.button('standing.propose').click()
  await alice.field('standing.filter').fill('feed:urlhaus onlin:yes')
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('right as a rule')
  await alice.page.keyboard.press('Enter')
  await alice.sees('column 14')
  await alice.field('standing.filter').fill('feed:urlhaus kind:url confidence>=50')
  await alice.button('standing.preview').click()
  await alice.sees(alice.dialog().locator('.sample li').first())
  await alice.inspect('standing-preview')
  await alice.dialog().locator('button[type=submit]').click()
  await alice.sees(alice.t('standing.own'))
  assert.equal(await alice.button('standing.approve').count(), 0, 'nobody approves their own')

  await bob.goTo('/standing')
  await bob.button('standing.approve').click()
  await bob.sees(bob.dialog().locator('.sample li').first())
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('見本を確認')
  await bob.inspect('standing-approve')
  await bob.dialog().locator('button[type=submit]').click()
  await bob.sees(bob.t('stepUp.intro'))
  await bob.field('logIn.password').fill(password)
  await bob.page.keyboard.press('Enter')
  await bob.sees(bob.t('standing.another'))
  await bob.inspect('standing-waits')
  await bob.button('standing.end').first().click()
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('範囲が広すぎる')
  await bob.dialog().locator('button[type=submit]').click()
  await bob.sees(bob.t('standing.none'))
  await bob.sees('範囲が広すぎる')
  await bob.inspect('standing-ended')
})

test('Alice takes back what a release added, and it leaves the devices', async () => {
  const { alice } = people
  const { page } = alice
  await alice.goTo('/blocks')
  await page
    .getByRole('row', { name: /cdn\[\.\]evil/ })
    .getByRole('button')
    .click()
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('a mistake')
  await alice.inspect('revoke')
  await alice.dialog().locator('button[type=submit]').click()
  await alice.dialog().waitFor({ state: 'detached' })
  await alice.goTo('/explain?q=cdn.evil.example')
  await alice.sees(alice.t('explain.notBlocked'))
  await alice.goTo('/releases')
  await page
    .getByRole('link', { name: alice.t('releases.difference') })
    .first()
    .click()
  await alice.sees(page.getByText('cdn[.]evil[.]example').first())
  await alice.inspect('difference')
  await goBack(alice, 'cdn[.]evil[.]example', 'it was none')
})

test('Bob does the same on a telephone, in Japanese', async () => {
  const { alice, bob } = people
  await alice.goTo('/blocks')
  const devices = new Person(alice.context, await alice.context.newPage(), alice.looks)
  await devices.goTo('/devices')
  const rollout = devices.page.getByRole('row', { name: /^all/ }).locator('td.number')
  const before = await rollout.textContent()
  await approveByKeyboard(bob, 'dropper.example.com kind:domain', '情報源を確認')
  await alice.sees(alice.page.getByRole('row', { name: /dropper\[\.\]example/ }))
  await devices.sees(rollout.filter({ hasNotText: before }))
  await devices.page.close()
  await bob.goTo('/explain?q=dropper.example.com')
  await bob.sees(bob.t('explain.blocked'))
  await approveAll(bob, 'kind:url feed:urlhaus onedrive', '見本を確認')
  await bob.goTo('/releases')
  await bob.page
    .getByRole('link', { name: bob.t('releases.difference') })
    .first()
    .click()
  await goBack(bob, 'hxxps://onedrive[.]live[.]com', '誤って承認')
})

test('An entry of the history is proved in the browser', async () => {
  const { alice } = people
  await alice.goTo('/history?q=cdn.evil.example')
  await alice.page
    .getByRole('button', { name: alice.t('history.show') })
    .first()
    .click()
  await alice.button('history.prove').click()
  await alice.sees(alice.page.getByRole('status').filter({ hasText: 'Proved' }))
  await alice.inspect('proof')
})

test('Alice keeps a name from being blocked, after a look at what leaves; to undo it takes Bob', async () => {
  const { alice, bob } = people
  // A proxy that keeps streams back is before Bob: his page asks.
  await bob.page.route(isStreamUrl, () => {})
  await bob.goTo('/allowlists')
  await alice.goTo('/allowlists')
  await alice.button('allow.add').click()
  const dialog = alice.dialog()
  await dialog.getByLabel(alice.t('blocks.indicator')).fill('malware.example')
  await dialog.getByLabel(alice.t('allow.owner')).fill('lab')
  await dialog.getByLabel(alice.t('decide.reason')).fill('our own test range')
  await dialog.locator('button[type=submit]').click()
  await alice.sees(dialog.getByText('invoice[.]malware[.]example'))
  await alice.inspect('allow-preview')
  await alice.button('allow.add.submit').click()
  await alice.sees(alice.t('allow.added', { what: 'malware[.]example' }))
  await bob.sees('our own test range')
  await bob.page.unroute(isStreamUrl)
  await alice.goTo('/allowlists?q=www.malware.example')
  await alice.sees(alice.page.getByRole('cell', { name: alice.t('relation.inside-entry') }))
  await alice.inspect('allowlists')
  await alice.button('allow.remove').click()
  await dialog.getByLabel(alice.t('decide.reason')).fill('the range is gone')
  await alice.button('allow.remove.ask').click()
  await alice.sees(alice.t('allow.remove.waits', { what: 'malware[.]example' }))

  await bob.goTo('/allowlists')
  await bob.button('allow.remove.confirm').click()
  await bob.sees(bob.dialog().getByText('invoice[.]malware[.]example'))
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('廃止を確認')
  await bob.inspect('allow-remove')
  await bob.dialog().locator('button[type=submit]').click()
  await bob.sees(bob.t('allow.removed', { what: 'malware[.]example' }))
})

test('Alice tries other rules and proposes some; they hold when Bob agrees', async () => {
  const { alice, bob } = people
  await alice.goTo('/policy')
  const rules = alice.field('simulate.rules')
  const inForce = await rules.inputValue()
  await rules.fill('policy: {version: "2", confidence_min: 95}\n')
  await alice.button('simulate.run').click()
  await alice.sees(alice.t('change.not proposed'))
  await alice.inspect('simulation')
  await rules.fill(inForce.replace('version: "1"', 'version: "2"').replace('_min: 50', '_min: 51'))
  await alice.button('simulate.run').click()
  await alice.button('rules.propose').click()
  await alice.dialog().getByLabel(alice.t('decide.reason')).fill('a little less noise')
  await alice.dialog().locator('button[type=submit]').click()
  await alice.sees(
    alice.page.getByRole('heading', { name: alice.t('rules.waits', { version: '2' }) }),
  )
  assert.equal(await alice.page.locator('.approve').count(), 0, 'she may approve her own rules')

  await bob.goTo('/policy')
  await bob.sees('+ confidence_min: 51')
  await bob.inspect('rules')
  await bob.page.locator('.approve').click()
  await bob.dialog().getByLabel(bob.t('decide.reason')).fill('影響を確認')
  await bob.dialog().locator('button[type=submit]').click()
  await bob.sees(bob.t('stepUp.intro'))
  await bob.field('logIn.password').fill(password)
  await bob.page.keyboard.press('Enter')
  await bob.sees(bob.page.getByRole('heading', { name: bob.t('rules.inForce', { version: '2' }) }))
})

for (const [locale, width, theme] of [
  ['en', 1440, 'dark'],
  ['ja', 1440, 'light'],
  ['ja', 390, 'dark'],
  ['en', 390, 'light'],
]) {
  test(`Every page is whole: ${locale}, ${width} pixels, ${theme}`, async () => {
    const person = await Person.open(browser, { locale, width, theme })
    await person.goTo('/')
    await person.field('logIn.name').fill('alice')
    await person.field('logIn.password').fill(password)
    await person.button('logIn.submit').click()
    await person.sees(person.page.getByRole('heading', { name: person.t('nav.dashboard') }))
    for (const [name, path] of places) {
      await person.goTo(path)
      await person.sees(person.page.getByRole('heading', { level: 1 }))
      await person.inspect(name)
    }
    await person.goTo('/queue?filter=kind:url')
    await person.page
      .getByLabel(person.t('bulk.label'))
      .selectOption({ label: person.t('bulk.approve.title') })
    await person.sees(person.dialog().locator('.sample li').first())
    await person.inspect('bulk')
    await person.context.close()
  })
}

test('A long queue stays light: few rows are in the document, wherever one is', async (context) => {
  const { alice } = people
  await alice.goTo('/queue')
  const list = alice.page.getByRole('listbox')
  await alice.sees(list)
  const total = Number(await alice.rows().first().getAttribute('aria-setsize'))
  if (total < 1000) return context.skip(`only ${total} proposals; SEKISHO_REAL_DATA has more`)
  await list.focus()
  let seconds = 0
  for (let i = 0; i < 12; ++i) {
    const before = Date.now()
    await alice.page.keyboard.press('End')
    await alice.page.waitForTimeout(150)
    await alice.rests()
    seconds += (Date.now() - before) / 1000
    assert.ok((await alice.rows().count()) < 60)
  }
  const last = await alice.page.locator('.queue-row.current').getAttribute('aria-posinset')
  context.diagnostic(`row ${last} of ${total} after ${seconds.toFixed(1)} s`)
  assert.ok(Number(last) >= 1000)
  await alice.inspect('queue-far-down')
})
