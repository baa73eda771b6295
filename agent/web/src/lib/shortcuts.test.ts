import { beforeEach, expect, it } from 'vitest'
import { actOf, clashes, defaultBindings, setShortcuts } from './shortcuts'

function press(key: string, on: Element = document.body, more: KeyboardEventInit = {}) {
  let act: string | undefined
  const listen = (event: Event) => {
    act = actOf(event as KeyboardEvent)
  }
  on.addEventListener('keydown', listen, { once: true })
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...more }))
  return act
}

beforeEach(() => {
  document.body.innerHTML = '<input><dialog><button></button></dialog><div></div>'
  setShortcuts({ enabled: true, bindings: defaultBindings })
})

const find = (selector: string) => document.querySelector(selector) as Element

it('A key does what it is bound to', () => {
  expect(press('j')).toBe('next')
  expect(press('a', find('div'))).toBe('approve')
  expect(press('q')).toBeUndefined()
})

it('Nothing happens while an input method composes', () => {
  expect(press('a', document.body, { isComposing: true })).toBeUndefined()
  expect(press('a', document.body, { keyCode: 229 })).toBeUndefined()
})

it('Nothing happens while somebody types, has a dialog open, or holds a modifier', () => {
  expect(press('a', find('input'))).toBeUndefined()
  expect(press('a', find('dialog button'))).toBeUndefined()
  expect(press('a', document.body, { ctrlKey: true })).toBeUndefined()
})

it('Keys can be other ones, and can be off', () => {
  setShortcuts({ enabled: true, bindings: { ...defaultBindings, approve: 'y' } })
  expect(press('y')).toBe('approve')
  expect(press('a')).toBeUndefined()
  setShortcuts({ enabled: false, bindings: defaultBindings })
  expect(press('j')).toBeUndefined()
})

it('Two acts on one key are noticed', () => {
  expect(clashes(defaultBindings)).toEqual([])
  expect(clashes({ ...defaultBindings, approve: 'r' })).toEqual(['approve', 'reject'])
})
