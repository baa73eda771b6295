import { describe, expect, it } from 'vitest'
import { setLocale, t, tCode, tn } from '.'
import en from './en.json'
import glossary from './glossary.json'
import ja from './ja.json'

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

describe('The texts in English and Japanese', () => {
  it('have the same keys', () => {
    expect(Object.keys(ja)).toEqual(Object.keys(en))
  })

  it('have the same placeholders', () => {
    for (const [key, text] of Object.entries(en)) {
      expect([key, placeholders(ja[key as keyof typeof ja])]).toEqual([key, placeholders(text)])
    }
  })

  it('are never empty', () => {
    for (const [key, text] of [...Object.entries(en), ...Object.entries(ja)]) {
      expect([key, text.trim()]).not.toEqual([key, ''])
    }
  })

  it('use the words of the glossary', () => {
    for (const [key, text] of Object.entries(ja)) {
      for (const { never, instead } of glossary.forbidden) {
        expect(text, `${key}: ${instead}, not ${never}`).not.toContain(never)
      }
    }
    for (const { english, japanese } of glossary.terms) {
      const wanted = new RegExp(english, 'i')
      const used = Object.entries(en).filter(([, text]) =>
        wanted.test(text.replace(/\{\w+\}/g, '')),
      )
      expect(used.length, `nothing says ${english}`).toBeGreaterThan(0)
      for (const [key] of used) {
        expect(ja[key as keyof typeof ja], key).toMatch(new RegExp(japanese))
      }
    }
  })

  it('keep to one style: polite sentences end in です or ます, never in である', () => {
    for (const [key, text] of Object.entries(ja)) expect(text, key).not.toMatch(/である。|だ。/)
  })
})

describe('A text', () => {
  it('takes its values', () => {
    setLocale('en')
    expect(t('queue.votes', { have: '1', need: 2 })).toBe('1 of 2 approvers')
  })

  it('never reads a value as a placeholder', () => {
    setLocale('en')
    expect(t('block.approved', { who: '{reason}' })).toBe('Approved by {reason}')
  })

  it('knows one from many', () => {
    setLocale('en')
    expect(tn('queue.marked', 1)).toBe('1 marked')
    expect(tn('blocks.count', 1)).toBe('1 block')
    expect(tn('blocks.count', 1234)).toBe('1,234 blocks')
    setLocale('ja')
    expect(tn('blocks.count', 1)).toBe('遮断 1 件')
  })

  it('of a code that only a newer agent knows is the code', () => {
    expect(tCode('reason', 'quite-new')).toBe('quite-new')
  })
})
