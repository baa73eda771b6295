// Single-key commands. They can be remapped and switched off (WCAG 2.1.4), and never act while
// somebody types, composes with an input method, or has a dialog open.
import { signal } from '@preact/signals'

export const acts = [
  'next',
  'previous',
  'mark',
  'approve',
  'reject',
  'defer',
  'again',
  'undo',
  'filter',
  'help',
] as const
export type Act = (typeof acts)[number]
export type Bindings = Record<Act, string>

export const defaultBindings: Bindings = {
  next: 'j',
  previous: 'k',
  mark: 'x',
  approve: 'a',
  reject: 'r',
  defer: 'd',
  again: '.',
  undo: 'u',
  filter: '/',
  help: '?',
}

interface Stored {
  enabled: boolean
  bindings: Bindings
}

const storageKey = 'sekisho.shortcuts'

function read(): Stored {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Stored>
    return {
      enabled: stored.enabled ?? true,
      bindings: { ...defaultBindings, ...stored.bindings },
    }
  } catch {
    return { enabled: true, bindings: defaultBindings }
  }
}

export const shortcuts = signal<Stored>(read())

export function setShortcuts(next: Stored) {
  localStorage.setItem(storageKey, JSON.stringify(next))
  shortcuts.value = next
}

// Acts that share a key: none may, or one of them could never be reached.
export function clashes(bindings: Bindings): Act[] {
  return acts.filter((act) =>
    acts.some((other) => other !== act && bindings[other] === bindings[act]),
  )
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  const isTextless = target instanceof HTMLInputElement && target.type === 'checkbox'
  return (
    (!isTextless && target.matches('input, textarea, select')) ||
    target.isContentEditable ||
    target.closest('dialog') !== null
  )
}

export function actOf(event: KeyboardEvent): Act | undefined {
  const { enabled, bindings } = shortcuts.value
  // 229: some browsers report the last key of a composition so, with isComposing already false.
  if (!enabled || event.isComposing || event.keyCode === 229) return undefined
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined
  return acts.find((act) => bindings[act] === event.key)
}
