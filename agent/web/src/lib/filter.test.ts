import { expect, it } from 'vitest'
import { columnOf, hasTerm, term, withoutTerm, withTerm } from './filter'
import { neighbourFilter } from './neighbours'

it('A term is added once and taken out whole', () => {
  expect(withTerm('', 'two:yes')).toBe('two:yes')
  expect(withTerm('kind:ip', 'two:yes')).toBe('kind:ip two:yes')
  expect(withTerm('kind:ip', 'kind:ip')).toBe('kind:ip')
  expect(withoutTerm('two:yes kind:ip', 'two:yes')).toBe('kind:ip')
  expect(hasTerm('confidence>=800', 'confidence>=80')).toBe(false)
})

it('A value with a space is quoted', () => {
  expect(term('malware', 'Cobalt Strike')).toBe('malware:"Cobalt Strike"')
  expect(term('threat', 'c2')).toBe('threat:c2')
})

it('The column of a mistake is read from the agent’s answer', () => {
  expect(columnOf('not usable: filter, column 12: no field "threta"')).toBe(12)
  expect(columnOf('something else')).toBeUndefined()
})

it('Neighbours are the same site or the same network', () => {
  expect(neighbourFilter('domain', 'a.b.evil.example')).toBe('within:b.evil.example')
  expect(neighbourFilter('domain', 'evil.example')).toBe('within:evil.example')
  expect(neighbourFilter('url', 'http://cdn.evil.example:8080/x.y')).toBe('within:evil.example')
  expect(neighbourFilter('url', 'http://192.0.2.1/x')).toBe('within:192.0.2.0/24')
  expect(neighbourFilter('ip', '192.0.2.10/32')).toBe('within:192.0.2.0/24')
  expect(neighbourFilter('ip', '2001:db8:7:1::1/128')).toBe('within:2001:db8:7::/48')
  expect(neighbourFilter('url', 'http://[fd00:db8:7::1]/x')).toBe('within:fd00:db8:7::/48')
  expect(neighbourFilter('ip', '2001:db8::1/128')).toBeUndefined()
})
