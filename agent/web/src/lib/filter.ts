// The queue's filter language is the agent's; the page only adds terms to it and reads where a
// mistake is.

// A value with spaces takes quotes; the language has no escaping within them.
export function term(field: string, value: string): string {
  return /\s/.test(value) ? `${field}:"${value}"` : `${field}:${value}`
}

export function hasTerm(filter: string, wanted: string): boolean {
  return ` ${filter} `.includes(` ${wanted} `)
}

export function withTerm(filter: string, wanted: string): string {
  return hasTerm(filter, wanted) ? filter : `${filter} ${wanted}`.trim()
}

export function withoutTerm(filter: string, unwanted: string): string {
  return ` ${filter} `.replace(` ${unwanted} `, ' ').trim()
}

// "filter, column 12: no field ..." of an error, from 1.
export function columnOf(detail: string): number | undefined {
  const found = /column (\d+)/.exec(detail)
  return found ? Number(found[1]) : undefined
}
