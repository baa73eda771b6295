// @vitest-environment node
import { webcrypto } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { isEqual, toHex } from './bytes'
import { leafHash, readCheckpoint, rootFrom } from './merkle'

// Node.js 18 has it, but not as a global.
vi.stubGlobal('crypto', webcrypto)

type Bytes = Uint8Array<ArrayBuffer>
const leaves = Array.from({ length: 13 }, (_, i) => new TextEncoder().encode(`leaf ${i}`))

async function node(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.of(1, ...left, ...right)))
}

function split(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}

// The definitions of RFC 6962, word by word: slow, and plainly right.
async function root(of: Uint8Array[]): Promise<Bytes> {
  if (of.length === 1) return leafHash(of[0] as Uint8Array)
  const k = split(of.length)
  return node(await root(of.slice(0, k)), await root(of.slice(k)))
}

async function path(index: number, of: Uint8Array[]): Promise<Bytes[]> {
  if (of.length === 1) return []
  const k = split(of.length)
  return index < k
    ? [...(await path(index, of.slice(0, k))), await root(of.slice(k))]
    : [...(await path(index - k, of.slice(k))), await root(of.slice(0, k))]
}

it('Every proof of every tree gives that tree’s root', async () => {
  for (let size = 1; size <= leaves.length; ++size) {
    const tree = leaves.slice(0, size)
    const wanted = toHex(await root(tree))
    for (let i = 0; i < size; ++i) {
      const leaf = leaves[i] as Uint8Array
      const got = await rootFrom(leaf, BigInt(i), BigInt(size), await path(i, tree))
      expect([size, i, got && toHex(got)]).toEqual([size, i, wanted])
    }
  }
})

it('A proof fails for another leaf, another place, and with a hash too few or too many', async () => {
  const tree = leaves.slice(0, 11)
  const wanted = await root(tree)
  const good = await path(4, tree)
  const isRoot = async (leaf: Uint8Array, index: bigint, hashes: Uint8Array[]) => {
    const got = await rootFrom(leaf, index, 11n, hashes)
    return got !== undefined && isEqual(got, wanted)
  }
  const leaf = leaves[4] as Uint8Array
  expect(await isRoot(leaf, 4n, good)).toBe(true)
  expect(await isRoot(leaves[5] as Uint8Array, 4n, good)).toBe(false)
  expect(await isRoot(leaf, 5n, good)).toBe(false)
  expect(await isRoot(leaf, 11n, good)).toBe(false)
  expect(await isRoot(leaf, 4n, good.slice(1))).toBe(false)
  expect(await isRoot(leaf, 4n, [...good, new Uint8Array(32)])).toBe(false)
})

it('A checkpoint is read up to its root; what is none is refused', () => {
  const note = 'a.test/history\n42\nqvTGHdzF6KLavt4PO0gs2a6pQ00a1nT4y4k9cGnFy3w=\n\n— a.test x\n'
  expect(readCheckpoint(note)).toMatchObject({ origin: 'a.test/history', size: 42n })
  expect(readCheckpoint('')).toBeUndefined()
  expect(readCheckpoint('a.test/history\n-1\nqvTG\n')).toBeUndefined()
  expect(readCheckpoint('a.test/history\n1\n!!\n')).toBeUndefined()
})
