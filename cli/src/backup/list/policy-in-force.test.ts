import { expect, test } from 'vitest'
import { isCertain } from './policy-in-force.ts'

test.each([
  ['nothing found', [], true],
  ['something that has nothing to do with it', ['SEATS_UNREACHABLE'], true],
  ['a record that was changed', ['SEATS_UNREACHABLE', 'RECORD_TAMPERED'], false],
  ['an agent that could not read it since its start', ['STANDING_UNDECIDED'], false],
])('that there is no licence is certain or not: %s', (_, codes, certain) => {
  expect(isCertain({ findings: codes.map((code) => ({ code })) })).toBe(certain)
})
