import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshState } from '@domicile/backup/schedule'
import { parseTerms } from '@domicile/license/terms'
import { expect, test } from 'vitest'
import { planBackups, scheduleTerms } from './planning.ts'

const textOf = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../../../license/terms/${name}.yaml`), 'utf8')
const termsOf = (name: string) => parseTerms(textOf(name))

test('without a licence and without wishes it is the default', () => {
  expect(scheduleTerms({}, null)).toEqual({
    ...{ timeZone: 'UTC', window: { from: '01:00', until: '05:00' }, drillDays: 7, places: 1 },
  })
})

test('the contract says where days begin, when the night is, and how many places there must be', () => {
  const hosting = termsOf('managed-hosting')

  expect(scheduleTerms({}, hosting)).toMatchObject({
    ...{ timeZone: hosting.timezone, window: { from: '22:00', until: '04:00' } },
  })
  expect(scheduleTerms({}, termsOf('invoicing-prepaid'))).toMatchObject({ places: 2 })
})

test('what the admin wants counts where the contract leaves it open', () => {
  const wanted = { window: { from: '02:00', until: '03:00' }, drillDays: 1, timeZone: 'Asia/Tokyo' }

  expect(scheduleTerms(wanted, termsOf('erp-on-premises'))).toMatchObject(wanted)
})

const plan = (more: Partial<Parameters<typeof planBackups>[0]> = {}) =>
  planBackups({
    kept: { schedule: freshState(new Date('2026-11-22T12:00:00Z')), goneSince: null, brokenAt: null },
    ...{ wanted: {}, terms: null, now: '2026-11-22T12:30:00.000Z' },
    ...{ installation: '7e1f0f5e-4a5c-4cb6-8b4e-3f5d7b2a9c10', ...more },
  })

test.each([
  ['terms that nobody can read', { terms: 'name: [' }],
  ['a zone that is none', { wanted: { timeZone: 'Mars/Olympus' } }],
])('%s keep no backup from being made', (_, more) => {
  expect(plan(more)).toMatchObject({ due: 'create', findings: [] })
})

test('the night is that of the contract’s zone', () => {
  const { next } = plan({ terms: textOf('managed-hosting'), now: '2026-11-22T12:05:00.000Z' })

  // 22:00 in winter is 21:00 UTC; the first half of the window is until 1 o'clock.
  expect(next.at >= '2026-11-22T21:00' && next.at < '2026-11-23T00:00').toBe(true)
})
