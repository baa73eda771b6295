import { create } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { ProposalSchema } from '#api'
import { mergeRows } from './rows'

const row = (id: number, confidence: number) =>
  create(ProposalSchema, { id: BigInt(id), confidence })
const ids = (rows: { id: bigint }[]) => rows.map(({ id }) => Number(id))
const shown = [row(1, 90), row(2, 80), row(3, 70), row(4, 60)]

it('What is new is shown in its place, and what others decided goes', () => {
  expect(ids(mergeRows(shown, [row(1, 90), row(9, 85), row(3, 70)], true))).toEqual([1, 9, 3])
})

it('Rows of later pages stay', () => {
  expect(ids(mergeRows(shown, [row(9, 95), row(2, 80)], false))).toEqual([9, 2, 3, 4])
})

it('The row that somebody looks at stays, in its place', () => {
  expect(ids(mergeRows(shown, [row(1, 90), row(3, 70)], true, 2n))).toEqual([1, 2, 3])
  expect(ids(mergeRows(shown, [], true, 2n))).toEqual([2])
})
