// Which filter finds what lies next to an indicator: the same site, the same network.
import { term } from './filter'

function hostOf(kind: string, indicator: string): string | undefined {
  if (kind === 'domain') return indicator
  if (kind !== 'url') return undefined
  const host = /^[a-z]+:\/\/([^/:?#[]+)/.exec(indicator)?.[1]
  return host && /[a-z]/.test(host) ? host : undefined
}

// The network of an address: as much of it as one organisation usually has.
function networkOf(indicator: string): string | undefined {
  const host = /^[a-z]+:\/\/\[?([^/\]]+)/.exec(indicator)?.[1] ?? indicator
  const v4 = /^(\d+\.\d+\.\d+)\.\d+/.exec(host)?.[1]
  if (v4) return `${v4}.0/24`
  // Canonical (RFC 5952): only what is written out can be cut.
  const v6 = /^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+):/.exec(host)?.[1]
  return v6 && `${v6}::/48`
}

// Undefined where nothing sensible can be asked.
export function neighbourFilter(kind: string, indicator: string): string | undefined {
  const host = hostOf(kind, indicator)
  if (host) {
    const labels = host.split('.')
    return term('within', labels.length > 2 ? labels.slice(1).join('.') : host)
  }
  const network = networkOf(indicator)
  return network && term('within', network)
}
