// What the agent itself says, in Japanese: agent.ja.json has each of its sentences, "{}" standing for
// what is put in, and its translation, in which that is {1}, {2} and so on. agent.test.ts reads the
// agent's sources and says which are missing.
import { locale } from '.'
import ja from './agent.ja.json'

interface Template {
  pieces: string[] // between the values
  translation: string
}

const templates: Template[] = Object.entries(ja)
  .map(([english, translation]) => ({ pieces: english.split('{}'), translation }))
  .sort((a, b) => b.pieces.join('').length - a.pieces.join('').length) // the most telling first

const lengthMax = 4000

// The sentence in the reader's language; as it is where there is no translation, and names, times and
// what people wrote within it always.
export function agentText(text: string): string {
  if (locale.value !== 'ja' || text.length > lengthMax) return text
  return whole(text) ?? sentences(text)
}

function whole(text: string): string | undefined {
  for (const [separator, joint] of [
    [/(?<=\.) (?=\S)/, ''],
    [/; /, '、'],
  ] as const) {
    const parts = text.split(separator)
    const known = parts.length > 1 ? parts.map(whole) : []
    if (known.length > 1 && known.every((part) => part !== undefined)) return known.join(joint)
  }
  for (const { pieces, translation } of templates) {
    const values = match(text, pieces)
    if (values) {
      return translation.replace(/\{(\d)\}/g, (_, n) => {
        const value = values[Number(n) - 1] ?? ''
        return whole(value) ?? value
      })
    }
  }
  return undefined
}

// Some of several sentences may be what a person wrote.
function sentences(text: string): string {
  return text
    .split(/(?<=\.) (?=\S)/)
    .map((part) => whole(part) ?? part)
    .join(' ')
}

// What stands between the pieces, each as soon as it can: linear, whatever somebody put in.
function match(text: string, pieces: string[]): string[] | undefined {
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (pieces.length === 1) return text === first ? [] : undefined
  const end = text.length - last.length
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return undefined
  const values: string[] = []
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return undefined
    values.push(text.slice(at, found))
    at = found + piece.length
  }
  values.push(text.slice(at, end))
  return values
}
