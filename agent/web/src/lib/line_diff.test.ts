import { describe, expect, it } from 'vitest'
import { linesChanged } from './line_diff'

const signs = (before: string, after: string) =>
  linesChanged(before, after).map(({ sign, text }) => sign + text)

describe('The difference of two texts', () => {
  it('is empty for the same', () => {
    expect(signs('a\nb\n', 'a\nb\n')).toEqual([])
  })

  it('has what was changed, removed before added', () => {
    expect(signs('a\nb\nc', 'a\nx\nc')).toEqual(['-b', '+x'])
  })

  it('has what is at the end of one only', () => {
    expect(signs('a', 'a\nb')).toEqual(['+b'])
    expect(signs('a\nb', 'a')).toEqual(['-b'])
    expect(signs('', 'a')).toEqual(['-', '+a'])
  })
})
