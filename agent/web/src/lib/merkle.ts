// Inclusion proofs of RFC 6962, section 2.1.1, checked in the browser: the agent is not believed,
// it is recomputed.
type Bytes = Uint8Array<ArrayBuffer>

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all))
}

export function leafHash(leaf: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(0), leaf)
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right)
}

// The root that leaf `index` of a tree of `size` leaves has under `path`; undefined if the path
// has another length than it must. As in RFC 9162, section 2.1.3.2.
export async function rootFrom(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  path: Uint8Array[],
): Promise<Bytes | undefined> {
  if (index >= size) return undefined
  let at = index
  let last = size - 1n
  let hash = await leafHash(leaf)
  for (const sibling of path) {
    if (last === 0n) return undefined
    if (at % 2n === 1n || at === last) {
      hash = await nodeHash(sibling, hash)
      while (at % 2n === 0n && at !== 0n) {
        at >>= 1n
        last >>= 1n
      }
    } else {
      hash = await nodeHash(hash, sibling)
    }
    at >>= 1n
    last >>= 1n
  }
  return last === 0n ? hash : undefined
}

export interface Checkpoint {
  origin: string
  size: bigint
  root: Bytes
}

// Of a signed note: origin, size, root in base64, each on its line. The signature is for the
// command line, which has the key from elsewhere.
export function readCheckpoint(note: string): Checkpoint | undefined {
  const [origin, size, root] = note.split('\n')
  if (!origin || !size || !/^\d+$/.test(size) || !root) return undefined
  try {
    return { origin, size: BigInt(size), root: Uint8Array.from(atob(root), (c) => c.charCodeAt(0)) }
  } catch {
    return undefined
  }
}
