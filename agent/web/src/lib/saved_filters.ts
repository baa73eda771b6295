// Filters that a person keeps by name, in this browser. To share one, share the page's address.
import { signal } from '@preact/signals'

export interface SavedFilter {
  name: string
  filter: string
}

const storageKey = 'sekisho.filters'

function read(): SavedFilter[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]')
    return Array.isArray(stored) ? stored.filter((each) => each?.name && 'filter' in each) : []
  } catch {
    return []
  }
}

export const savedFilters = signal<SavedFilter[]>(read())

function write(next: SavedFilter[]) {
  localStorage.setItem(storageKey, JSON.stringify(next))
  savedFilters.value = next
}

export function saveFilter(name: string, filter: string) {
  write([...savedFilters.value.filter((each) => each.name !== name), { name, filter }])
}

export function forgetFilter(name: string) {
  write(savedFilters.value.filter((each) => each.name !== name))
}
