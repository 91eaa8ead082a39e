import { expect, test } from 'vitest'
import { lateShipping, type Shipping } from './shipping.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)
const shipping = (given: Partial<Shipping>): Shipping => ({
  ...{ target: 'nas', lookedAt: ago(10), waitingSince: null, error: null },
  ...given,
})

test.each([
  ['nothing waits', {}, null],
  ['something waits for a minute', { waitingSince: ago(60) }, null],
  ['something waits for an hour', { waitingSince: ago(3600), error: 'no route' }, '60 minutes behind: no route'],
  ['it never began', { lookedAt: null }, 'has had nothing yet'],
  ['nobody looks any more', { lookedAt: ago(7200) }, 'nobody has looked for 120 minutes'],
] as const)('%s', (_, given, why) =>
  expect(lateShipping([shipping(given)], NOW)).toEqual(why === null ? [] : [{ target: 'nas', why }]))
