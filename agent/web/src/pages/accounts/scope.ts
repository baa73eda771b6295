import type { TokenRole } from '#api'

export const kinds = ['all', 'methods', 'feeds'] as const

export interface Chosen {
  kind: (typeof kinds)[number]
  terms: ReadonlySet<string>
}

export const everything: Chosen = { kind: 'all', terms: new Set() }

// Of a role, by name: ["Queue", ["Queue/Decide", ...]].
export function methodsByService(role?: TokenRole): [string, string[]][] {
  const services = new Map<string, string[]>()
  for (const method of [...(role?.methods ?? [])].sort()) {
    const service = method.slice(0, method.indexOf('/'))
    services.set(service, [...(services.get(service) ?? []), method])
  }
  return [...services]
}

// The scope as the agent takes it; undefined while nothing is chosen, since without any term a token
// may do all. What another role had is left out, and so is a method beside its whole service.
export function scopeOf({ kind, terms }: Chosen, role?: TokenRole): string[] | undefined {
  if (kind === 'all') return []
  const known = new Set(
    methodsByService(role).flatMap(([service, methods]) => [service, ...methods]),
  )
  const scope = [...terms].filter((term) => {
    if (kind === 'feeds') return true
    const service = term.slice(0, term.indexOf('/'))
    return known.has(term) && !terms.has(service)
  })
  return scope.length > 0 ? scope.sort() : undefined
}
