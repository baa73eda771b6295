import { describe, expect, it } from 'vitest'
import { targetOf } from './unblock_target'

describe('What a block page asks about', () => {
  it.each([
    ['', ''],
    ['?other=1', ''],
    ['?target=shop.example', 'shop.example'],
    ['?target=shop.example:443', 'shop.example'],
    ['?target=%5B2001:db8::1%5D:443', '2001:db8::1'],
    ['?target=2001:db8::1', '2001:db8::1'],
    // As Squid writes it, and as an encoding page does.
    ['?target=http://shop.example/a?b=1&c=%41', 'http://shop.example/a?b=1&c=%41'],
    [
      '?target=http%3A%2F%2Fshop.example%2Fa%3Fb%3D1%26c%3D%2541',
      'http://shop.example/a?b=1&c=%41',
    ],
    ['?target=%E0%A4%A', '%E0%A4%A'],
  ])('of %s is %s', (query, target) => {
    expect(targetOf(query)).toBe(target)
  })
})
