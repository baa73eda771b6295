import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { setLocale } from '.'
import { agentText } from './agent'
import ja from './agent.ja.json'
import { fragmentsOf, sentencesOf } from './cxx_sentences'
import glossary from './glossary.json'

const root = join(__dirname, '../../../..')
const source = (file: string) => readFileSync(join(root, file), 'utf8')

// What people read on the page comes from here. Left out is what only administrators and scripts read:
// configuration, feeds' formats, the web server itself.
const folders = ['agent/api', 'agent/oidc', 'agent/people', 'agent/queue']
const files = [
  'agent/engine.cc',
  'agent/engine_allowlist.cc',
  'agent/engine_bulk.cc',
  'agent/engine_core.cc',
  'agent/engine_emergency.cc',
  'agent/engine_rules.cc',
  'agent/engine_unblock.cc',
  'agent/own_allowlist.cc',
  'agent/engine_standing.cc',
  'agent/releases.cc',
  'agent/veto.cc',
  'policy/digest.cc',
  'policy/domain.cc',
  'policy/idna.cc',
  'policy/indicator.cc',
  'policy/ip_prefix.cc',
  'policy/time.cc',
  'policy/url.cc',
  'policy/url_host.cc',
]
const leftOut = [
  'agent/api/connect_codec.cc',
  'agent/api/connect_stream.cc',
  'agent/api/web_assets.cc',
]
const reasons = ['policy/evaluate.cc', 'policy/guardrail.cc', 'policy/reason.cc']
// Of identity.cc: mistakes in the configuration, told at the start.
const atTheStart = [
  'the certificate of {} is given to both {} and {}',
  'the certificate of {} needs a subject alternative name',
  'the token of {} needs its SHA-256 in 64 hexadecimal digits: {}',
  '{} and {} have the same token; give each their own',
]

describe('What the agent says', () => {
  beforeAll(() => setLocale('ja'))

  it('has a Japanese translation, each sentence of it', () => {
    const inFolders = folders.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.cc'))
        .map((name) => `${folder}/${name}`),
    )
    const missing = [...inFolders, ...files]
      .filter((file) => !leftOut.includes(file))
      .flatMap((file) => sentencesOf(source(file)).map((sentence) => ({ file, sentence })))
      .filter(({ sentence }) => !(sentence in ja) && !atTheStart.includes(sentence))
    expect(missing).toEqual([])
  })

  it('has one of the reasons that are put together from parts, too', () => {
    const known = Object.keys(ja).join('\n')
    const missing = reasons.flatMap((file) =>
      fragmentsOf(source(file)).filter((fragment) => !known.includes(fragment)),
    )
    expect(missing).toEqual([])
  })

  it('keeps all that is put in', () => {
    for (const [english, translation] of Object.entries(ja)) {
      const used = [...translation.matchAll(/\{(\d)\}/g)].map((found) => Number(found[1]))
      const wanted = english.split('{}').slice(1)
      expect([english, [...used].sort()]).toEqual([english, wanted.map((_, i) => i + 1)])
    }
  })

  it('uses the words of the glossary, and one style', () => {
    for (const [english, translation] of Object.entries(ja)) {
      expect(translation, english).not.toMatch(/である。|だ。|\{\}/)
      for (const { never } of glossary.forbidden) expect(translation, english).not.toContain(never)
    }
  })

  it('is put together again in the order of Japanese', () => {
    const told = {
      'now 12 match, not 10; nothing was decided. Look again':
        '該当は 10 件ではなく 12 件になったため、何も決定していません。もう一度確認してください',
      'filter, column 13: no field "threta"; there are kind, feed':
        '絞り込みの 13 文字目：「threta」という項目はありません。使えるのは kind, feed です',
      'urlhaus saw it last at 2026-11-24T10:16:31Z, within the last 30d, the newest of 2 fresh observations.':
        'urlhaus の最終観測は 2026-11-24T10:16:31Z で、30d 以内です。有効な観測 2 件 のうち最も新しいものです。',
      'Confidence 97 reaches the least, 50: urlhaus says 90, believed to 90 %; threatfox says 75 (60 after age), believed to 90 %. People refused it as a false positive 1 time, which takes it down from 99.':
        '確度 97 は下限の 50 以上です：urlhaus は 90（信用度 90 %）、threatfox は 75（時間の経過を加味して 60）（信用度 90 %）。誤検知として 1 回却下されたため、99 から下げています。',
      'It lies inside github.com on the allowlist services (hosting), of which only single URLs may be blocked.':
        '許可リスト services（hosting）の github.com に含まれます。遮断できるのは個別の URL だけです。',
    }
    for (const [english, japanese] of Object.entries(told)) {
      expect(agentText(english)).toBe(japanese)
    }
  })

  it('is left as it is where it is new, what people wrote, or very long', () => {
    for (const text of [
      'alice: seen in our logs. See ticket 7',
      '',
      'a newer sentence',
      '{}; {}',
    ]) {
      expect(agentText(text)).toBe(text)
    }
    const hostile = `list "${'": list "'.repeat(400)}`
    expect(agentText(hostile).length).toBeGreaterThan(1000)
    expect(agentText('x; '.repeat(3000))).toBe('x; '.repeat(3000))
  })

  it('stays English in English', () => {
    setLocale('en')
    expect(agentText('there is no feed "x"')).toBe('there is no feed "x"')
    setLocale('ja')
  })
})
