// What a block page asks about, from the query "?target=...". Squid puts the address there as it is,
// with every "&" and "%" of its own; other pages encode it.
export function targetOf(query: string): string {
  const found = /[?&]target=(.*)$/s.exec(query)
  if (!found) return ''
  const raw = found[1] ?? ''
  return withoutPort(raw.includes('://') ? raw : decoded(raw))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// A proxy that is asked for a tunnel names "host:443".
function withoutPort(text: string): string {
  return text.replace(/^([^/:]+|\[[^\]]+\]):\d+$/, '$1').replace(/^\[(.*)\]$/, '$1')
}
