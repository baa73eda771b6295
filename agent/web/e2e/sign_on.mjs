// Single sign-on by a real OpenID provider, against a real agent that tests/web/page_test.cc has set
// up. The stories build on each other, so they run in order.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openBrowser, Person, url } from './browser.mjs'

const provider = 'Story SSO'
let browser
let program
let jane

before(async () => {
  const script = fileURLToPath(new URL('provider.mjs', import.meta.url))
  program = spawn(process.execPath, [script, process.env.SEKISHO_PROVIDER_PORT, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(program.stdout, 'data')
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  program?.stdin.end()
})

// On the provider's own pages.
async function authenticate(page, name) {
  await page.locator('input[name=login]').fill(name)
  await page.locator('input[name=password]').fill('anything')
  await page.locator('button[type=submit]').click()
}
async function consent(page) {
  await page.locator('button[type=submit]', { hasText: 'Continue' }).click()
}

async function logIn(person, name) {
  await person.button('signOn.begin', { provider }).click()
  await authenticate(person.page, name)
  await consent(person.page)
}

test('Jane logs in by the provider, which sends her back to where she wanted to go', async () => {
  jane = await Person.open(browser, { locale: 'en', width: 1440 })
  await jane.goTo('/blocks')
  await jane.sees(jane.button('signOn.begin', { provider }))
  await jane.inspect('log-in-single-sign-on')
  await logIn(jane, 'approvers-jane')
  await jane.sees(jane.page.getByRole('heading', { name: jane.t('nav.blocks') }))
  assert.equal(new URL(jane.page.url()).search, '', 'the code is still in the address')
  assert.equal(new URL(jane.page.url()).pathname, '/blocks')
  const cookies = await jane.context.cookies(url)
  assert.deepEqual(
    cookies.filter((each) => each.name.startsWith('sekisho')).map((each) => each.httpOnly),
    [true],
    'one cookie, for no script',
  )
  const kept = await jane.page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
  )
  assert.ok(!/eyJ|code|token/.test(kept), `the page keeps ${kept}`)
  await jane.goTo('/account')
  await jane.sees(jane.t('signOn.account', { provider }))
  assert.equal(await jane.page.locator('input[type=password]').count(), 0)
  await jane.inspect('account-single-sign-on')
})

test('What is wide has her authenticate anew in another window, and then goes on', async () => {
  await jane.goTo('/queue?filter=two:yes%20%22198.51.100.0/23%22')
  await jane.sees(jane.rows().first())
  await jane.page.waitForTimeout(5500) // her log-in is too long ago
  await jane.page.keyboard.press('a')
  await jane.dialog().getByLabel(jane.t('decide.reason')).fill('two people look')
  await jane.page.keyboard.press('Enter')
  await jane.sees(jane.t('signOn.stepUp.intro', { provider }))
  await jane.inspect('step-up-single-sign-on')
  const opened = jane.context.waitForEvent('page')
  await jane.button('signOn.stepUp.submit', { provider }).click()
  await authenticate(await opened, 'approvers-jane')
  await jane.sees(jane.t('decided.awaiting', { what: '198[.]51[.]100[.]0/23' }))
})

test('Whoever has no role here is told so, on a telephone and in Japanese', async () => {
  const guest = await Person.open(browser, { locale: 'ja', width: 390 })
  await guest.goTo('/')
  await logIn(guest, 'staff-guest')
  await guest.sees(guest.t('signOn.failed'))
  await guest.inspect('single-sign-on-refused')
  await guest.page.getByRole('link', { name: guest.t('signOn.back') }).click()
  await guest.sees(guest.button('signOn.begin', { provider }))
})

test('An answer to what this browser did not begin logs nobody in', async () => {
  const victim = await Person.open(browser, { locale: 'en', width: 1440 })
  await victim.goTo('/single-sign-on?code=stolen&state=made-up')
  await victim.sees(victim.t('signOn.failed'))
  await victim.goTo('/')
  await victim.sees(victim.button('signOn.begin', { provider }))
})
