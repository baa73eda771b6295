// Which filter finds what lies next to an indicator: the same site, the same network.
import { term } from './filter'

function hostOf(kind: string, indicator: string): string | undefined {
  if (kind === 'domain') return indicator
  if (kind !== 'url') return undefined
  const host = /^[a-z]+:\/\/([^/:?#]+)/.exec(indicator)?.[1]
  return host && /[a-z]/.test(host) ? host : undefined
}

// Undefined where nothing sensible can be asked.
export function neighbourFilter(kind: string, indicator: string): string | undefined {
  const host = hostOf(kind, indicator)
  if (host) {
    const labels = host.split('.')
    return term('within', labels.length > 2 ? labels.slice(1).join('.') : host)
  }
  const v4 = /(\d+\.\d+\.\d+\.)\d+/.exec(indicator)?.[1]
  return kind === 'ip' && v4 ? `kind:ip "${v4}"` : undefined
}
