// Who else is at which proposals.
import type { Claim, ClaimChanges } from '#api'

export interface Claims {
  version: bigint
  of: ReadonlyMap<bigint, Claim> // others' alone
}

export const noClaims: Claims = { version: 0n, of: new Map() }

export function withChanges(claims: Claims, changes?: ClaimChanges): Claims {
  if (!changes || changes.version === claims.version) return claims
  const of = new Map(changes.isAll ? [] : claims.of)
  for (const id of changes.ended) of.delete(id)
  for (const claim of changes.claims) of.set(claim.id, claim)
  return { version: changes.version, of }
}
