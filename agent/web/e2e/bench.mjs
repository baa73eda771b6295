// How smooth the queue is with all of its rows loaded, in numbers: one line of JSON for
// tests/bench/page_bench.cc, which has set up the agent. Milliseconds, and MB of JavaScript heap.
import { openBrowser, Person } from './browser.mjs'

const rows = Number(process.env.SEKISHO_ROWS)
const keys = 200

function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}

const browser = await openBrowser()
const person = await Person.open(browser, { locale: 'en', width: 1440 })
const { page } = person
await page.goto(process.env.SEKISHO_FIRST_ADMIN)
await person.field('logIn.name').fill('root')
await person.field('redeem.password').fill('four random words suffice')
await person.button('redeem.submit').click()
await person.sees(page.getByRole('heading', { name: person.t('nav.dashboard') }))

const start = performance.now()
await person.goTo('/queue')
await person.rows().first().waitFor()
const firstRows = performance.now() - start

// End goes to the last row that is there, which makes the page ask for more.
const list = page.getByRole('listbox')
await list.focus()
const loading = performance.now()
while (
  !(await page.evaluate((rows) => {
    const shown = document.querySelector('[role=listbox] [role=option]:last-of-type')
    return Number(shown?.getAttribute('aria-posinset') ?? 0) >= rows
  }, rows))
) {
  await page.keyboard.press('End')
}
const all = performance.now() - loading

// From a key until the frame that shows what it did.
const onKey = await page.evaluate(
  async ({ keys }) => {
    const box = document.querySelector('[role=listbox]')
    const taken = []
    for (let i = 0; i < keys; ++i) {
      const begun = performance.now()
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', bubbles: true }))
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
      taken.push(performance.now() - begun)
    }
    return taken
  },
  { keys },
)

// From top to bottom and back, a screenful a frame: how long each frame took.
const onScroll = await page.evaluate(async () => {
  const box = document.querySelector('[role=listbox]')
  const frames = []
  let last = performance.now()
  box.scrollTop = box.scrollHeight / 2
  for (let i = 0; i < 300; ++i) {
    box.scrollTop += i < 150 ? box.clientHeight : -box.clientHeight
    await new Promise(requestAnimationFrame)
    const now = performance.now()
    frames.push(now - last)
    last = now
  }
  return frames.slice(1)
})
const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6)
await browser.close()

console.log(
  JSON.stringify({
    first_rows: firstRows,
    all_rows: all,
    key_p50: percentile(onKey, 0.5),
    key_p99: percentile(onKey, 0.99),
    frame_p50: percentile(onScroll, 0.5),
    frame_p99: percentile(onScroll, 0.99),
    heap,
  }),
)
