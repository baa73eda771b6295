// A person in a browser: finds things by what is written on them, and sees when a page is broken.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const screenshots = process.env.SEKISHO_SCREENSHOTS ?? 'screenshots'
mkdirSync(screenshots, { recursive: true })

export const url = process.env.SEKISHO_URL
export const password = 'four random words suffice'
const texts = Object.fromEntries(
  ['en', 'ja'].map((locale) => [
    locale,
    JSON.parse(readFileSync(new URL(`../src/i18n/${locale}.json`, import.meta.url), 'utf8')),
  ]),
)

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.SEKISHO_CHROMIUM ?? '/usr/bin/chromium',
    // Chromium's sandbox does not work for root, which CI is.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}

// Effects run after a frame, and ask for what comes next.
const whenIdle = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(() => requestIdleCallback(resolve, { timeout: 1000 })))
  })

export const isStreamUrl = (url) => String(url).endsWith('.Changes/Follow')
export const isStream = (request) => isStreamUrl(request.url())

export class Person {
  // `locale` "en" or "ja"; `width` in CSS pixels; `theme` "light" or "dark".
  static async open(browser, { locale, width, theme = 'light' }) {
    const context = await browser.newContext({
      viewport: { width, height: width < 600 ? 844 : 900 },
      locale: locale === 'ja' ? 'ja-JP' : 'en-GB',
      timezoneId: 'Asia/Tokyo',
      colorScheme: theme,
    })
    return new Person(context, await context.newPage(), { locale, width, theme })
  }

  constructor(context, page, looks) {
    this.context = context
    this.page = page
    this.looks = looks
    this.faults = []
    this.reading = new Set() // calls under way, but for the stream, which never ends
    page.on('request', (request) => {
      // What the document before this one asked is nobody's any more.
      if (request.isNavigationRequest()) this.reading.clear()
      if (!isStream(request)) this.reading.add(request)
    })
    for (const event of ['requestfinished', 'requestfailed']) {
      page.on(event, (request) => this.reading.delete(request))
    }
    page.on('pageerror', (error) => this.faults.push(String(error)))
    page.on('console', (message) => {
      // Chromium reports every refused call so; what comes of it is for the story to say.
      const isRefusal = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isRefusal) this.faults.push(message.text())
    })
  }

  t(key, values = {}) {
    const text = texts[this.looks.locale][key]
    assert.ok(text, `no text ${key}`)
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name])
  }

  async goTo(path) {
    await this.page.goto(url + path)
  }

  button(key, values) {
    return this.page.getByRole('button', { name: this.t(key, values) })
  }

  field(key) {
    return this.page.getByLabel(this.t(key), { exact: true })
  }

  // Of the queue.
  rows(options) {
    return this.page.getByRole('listbox').getByRole('option', options)
  }

  dialog() {
    return this.page.getByRole('dialog')
  }

  // Comes in by the link of an invitation.
  async redeem(link, name) {
    await this.page.goto(link)
    await this.field('logIn.name').fill(name)
    await this.field('redeem.password').fill(password)
    await this.button('redeem.submit').click()
    await this.sees(this.page.getByRole('heading', { name: this.t('nav.dashboard') }))
  }

  async sees(what) {
    const text = typeof what === 'string' ? this.page.getByText(what).first() : what
    await text.waitFor({ state: 'visible', timeout: 20_000 })
  }

  // Until nothing is being read, nor will be of what was read: the page has drawn it.
  async rests() {
    const until = Date.now() + 60_000
    for (let quiet = 0; quiet < 3; ) {
      const isQuiet = this.reading.size === 0
      quiet = isQuiet ? quiet + 1 : 0
      const calls = [...this.reading].map((request) => request.url())
      assert.ok(Date.now() < until, `the page never rests: ${calls}`)
      if (isQuiet) await this.page.evaluate(whenIdle)
      else await this.page.waitForTimeout(20)
    }
  }

  // Waits for what is being read, then looks for what is wrong with the page, and keeps a picture.
  async inspect(name) {
    await this.rests()
    const { locale, width, theme } = this.looks
    await this.page.screenshot({ path: `${screenshots}/${name}-${locale}-${width}-${theme}.png` })
    await this.page.evaluate(axe)
    const { violations } = await this.page.evaluate(() =>
      window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    )
    const found = violations.map(
      (each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html).join(' ')}`,
    )
    assert.deepEqual(found, [], `${name}: accessibility`)
    const overflow = await this.page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    )
    assert.ok(overflow <= 0, `${name}: ${overflow} pixels wider than the screen`)
    assert.deepEqual(this.faults, [], `${name}: errors in the console`)
  }
}
