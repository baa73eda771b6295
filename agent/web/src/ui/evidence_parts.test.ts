import { expect, it } from 'vitest'
import { readLeaf } from '../lib/leaf'
import { defang } from './evidence_parts'

it('What is shown cannot be followed by accident', () => {
  expect(defang('cdn.evil.example')).toBe('cdn[.]evil[.]example')
  expect(defang('192.0.2.1/32')).toBe('192[.]0[.]2[.]1/32')
  expect(defang('https://evil.example/a.b?c=d.e')).toBe('hxxps://evil[.]example/a.b?c=d.e')
})

const bytes = (text: string) => new TextEncoder().encode(text)

it('An entry of the history is read; what is none is shown as it is', () => {
  const leaf = readLeaf(
    bytes(
      '{"v":1,"index":7,"at":"2026-11-24T12:00:00Z","actor":"alice","action":"approve",' +
        '"subject":"domain evil.example","detail":{"reason":"seen"}}',
    ),
  )
  expect(leaf).toMatchObject({ actor: 'alice', indicator: 'evil.example', reason: 'seen' })
  expect(readLeaf(bytes('{"subject":"release 7","detail":null}'))?.indicator).toBeUndefined()
  expect(readLeaf(bytes('no JSON'))).toBeUndefined()
})
