import { create } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { TokenRoleSchema } from '#api'
import { everything, methodsByService, scopeOf } from './scope'

const viewer = create(TokenRoleSchema, {
  name: 'viewer',
  methods: ['Queue/Watch', 'Blocks/Why', 'Queue/ListProposals'],
})
const only = (...terms: string[]) => ({ kind: 'methods' as const, terms: new Set(terms) })

it('Methods are listed by their service', () => {
  expect(methodsByService(viewer)).toEqual([
    ['Blocks', ['Blocks/Why']],
    ['Queue', ['Queue/ListProposals', 'Queue/Watch']],
  ])
})

it('Nothing chosen is not everything', () => {
  expect(scopeOf(everything, viewer)).toEqual([])
  expect(scopeOf(only(), viewer)).toBeUndefined()
  expect(scopeOf({ kind: 'feeds', terms: new Set() }, viewer)).toBeUndefined()
})

it('A whole service stands for its methods; what the role may not call is left out', () => {
  expect(scopeOf(only('Queue', 'Queue/Watch', 'Blocks/Why'), viewer)).toEqual([
    'Blocks/Why',
    'Queue',
  ])
  expect(scopeOf(only('Queue/Decide'), viewer)).toBeUndefined()
})

it('Feeds are named as the agent names them', () => {
  expect(scopeOf({ kind: 'feeds', terms: new Set(['feed:desk']) }, viewer)).toEqual(['feed:desk'])
})
