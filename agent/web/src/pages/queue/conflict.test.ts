import { create } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { ProposalSchema } from '#api'
import { setLocale } from '../../i18n'
import { differences } from './conflict_dialog'

it('Only what changed is shown, before and after', () => {
  setLocale('en')
  const seen = create(ProposalSchema, { state: 'pending', confidence: 70, policyVersion: '1' })
  const now = create(ProposalSchema, { state: 'rejected', confidence: 70, policyVersion: '2' })
  expect(differences(seen, now)).toEqual([
    { label: 'State', before: 'pending', after: 'rejected' },
    { label: 'Policy version', before: '1', after: '2' },
  ])
  expect(differences(seen, seen)).toEqual([])
})
