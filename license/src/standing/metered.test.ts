import { describe, expect, test } from 'vitest'
import type { DayHours, HourEntry, LevelSummary } from '../ledger/types.ts'
import { licenceOf, profile } from './history.fixture.ts'
import { type Metered, meteredUsage, usageKey } from './metered.ts'

type Counted = Partial<Pick<HourEntry, 'counts'>> & { readonly levels?: Record<string, number> }

const entry = (hour: number, { levels = {}, counts = {} }: Counted): HourEntry => ({
  ...{ hour, samples: 60, limits: {}, counts },
  levels: Object.fromEntries(
    Object.entries(levels).map(([name, value]): [string, LevelSummary] => [name, [value, value, value * 60, 60, 0]]),
  ),
})

const dayOf = (day: string, hours: Record<number, Counted>, flows: DayHours['flows'] = []): DayHours => ({
  ...{ version: 1, day, flows },
  hours: Object.entries(hours).map(([hour, counted]) => entry(Number(hour), counted)),
})

const limits = { users: { max: 20, behaviour: 'refuse' }, meters: {} } as const
const hosting = { terms: profile('managed-hosting'), licence: licenceOf('managed-hosting', { limits }) }
const hrm = { terms: profile('hrm-subscription'), licence: licenceOf('hrm-subscription', { limits }) }

const usage = (facts: Pick<Metered, 'licence' | 'terms'>, now: string, hours: readonly DayHours[], levels = {}) =>
  meteredUsage({ ...facts, levels, hours, now: Date.parse(now) })

const everyHour = (value: number) =>
  Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [hour, { levels: { load_percent: value } }]))

test('what has no period is what there is now; what could not be asked is not there', () => {
  expect(usage(hrm, '2026-05-10T12:00:00Z', [], { database_bytes: 7, disk_bytes: 9 })).toEqual({ database_bytes: 7 })
  expect(usage(hrm, '2026-05-10T12:00:00Z', [], { database_bytes: null })).toEqual({})
})

test('a month begins and ends at midnight in the contract’s zone', () => {
  const sent = (hour: string, bytes: number) =>
    dayOf(hour.slice(0, 10), { [Number(hour.slice(11))]: { counts: { transfer_bytes: bytes } } })
  // Ljubljana is two hours ahead in summer: May begins at 22:00 UTC of 30 April.
  const days = [
    sent('2026-04-30T21', 1),
    sent('2026-04-30T22', 10),
    sent('2026-05-31T21', 100),
    sent('2026-05-31T22', 1000),
  ]

  expect(usage(hrm, '2026-05-31T21:59:00Z', days)).toEqual({ 'transfer_bytes/month': 110 })
  expect(usage(hrm, '2026-05-31T22:00:00Z', days)).toEqual({ 'transfer_bytes/month': 1000 })
})

test('what a query counted in an hour belongs to that hour, on whichever day it arrived', () => {
  const late = dayOf('2026-06-01', {}, [
    { hour: '2026-05-31T21', counts: { mails: 5 } },
    { hour: '2026-05-31T22', counts: { mails: 70 } },
  ])

  expect(usage(hrm, '2026-05-20T00:00:00Z', [late])).toEqual({ 'mails/month': 5 })
  expect(usage(hrm, '2026-06-20T00:00:00Z', [late])).toEqual({ 'mails/month': 70 })
})

test('an hour that was asked for twice counts once, as in an audit', () => {
  const [once, again] = ['2026-05-02', '2026-05-03'].map((day) =>
    dayOf(day, {}, [{ hour: '2026-05-02T08', counts: { mails: 5 } }]),
  )
  expect(usage(hrm, '2026-05-20T00:00:00Z', [once, again] as DayHours[])).toEqual({ 'mails/month': 5 })
})

describe('a month’s average', () => {
  const november = (days: number, value: number) =>
    Array.from({ length: days }, (_, index) =>
      dayOf(new Date(Date.UTC(2026, 9, 31 + index)).toISOString().slice(0, 10), everyHour(value)),
    )

  test('of a month that was measured whole is the average', () => {
    // November in Ljubljana: 23:00 UTC of 31 October to 23:00 UTC of 30 November.
    expect(usage(hosting, '2026-11-30T22:59:00Z', november(31, 60))['load_percent/month']).toBe(60)
  })

  test('is until then what it will be at least: one busy night is no busy month', () => {
    expect(usage(hosting, '2026-11-01T22:00:00Z', november(2, 90))['load_percent/month']).toBeCloseTo(
      (90 * 25) / 720,
      9,
    )
  })

  test('only grows', () => {
    const values = [1, 5, 9, 20, 31].map(
      (days) => usage(hosting, '2026-11-30T22:00:00Z', november(days, 55))['load_percent/month'] ?? 0,
    )
    expect(values).toEqual(values.toSorted((a, b) => a - b))
  })
})

describe('a year', () => {
  const tiers = {
    meter: 'sales',
    current: 'S',
    steps: [
      { name: 'S', upTo: 50_000 },
      { name: 'M', upTo: null },
    ],
  }
  const tiered = {
    terms: profile('active-users-tiered'),
    licence: licenceOf('active-users-tiered', { tiers, limits: {} }),
  }
  const sold = (hour: string, amount: number) => dayOf(hour.slice(0, 10), {}, [{ hour, counts: { sales: amount } }])

  test('of tiers is the calendar year in the contract’s zone', () => {
    const days = [sold('2027-12-31T22', 1), sold('2027-12-31T23', 20), sold('2028-02-29T12', 300)]

    expect(usage(tiered, '2028-03-01T00:00:00Z', days)).toEqual({ 'sales/year': 320 })
  })

  test('that ended with more than this one has yet still counts: sales are summed up an hour late', () => {
    const days = [sold('2027-12-31T22', 60_000), sold('2027-12-31T23', 20)]

    expect(usage(tiered, '2028-01-01T01:00:00Z', days)).toEqual({ 'sales/year': 60_000 })
  })
})

test('a limit of a year begins anew with the year, whatever the last one came to', () => {
  const meters = { mails: { max: 1, behaviour: 'warn', per: 'year' } } as const
  const facts = { ...hrm, licence: licenceOf('hrm-subscription', { limits: { meters } }) }
  const sent = (day: string, mails: number) => dayOf(day, {}, [{ hour: `${day}T08`, counts: { mails } }])

  expect(usage(facts, '2027-01-02T00:00:00Z', [sent('2026-06-01', 99), sent('2027-01-01', 3)])['mails/year']).toBe(3)
})

test('one meter may have a limit of now and one of a month', () => {
  const meters = { transfer_bytes: { max: 1, behaviour: 'warn', per: 'year' } } as const
  const facts = { ...hrm, licence: licenceOf('hrm-subscription', { limits: { ...limits, meters } }) }
  const days = [
    dayOf('2026-03-01', { 12: { counts: { transfer_bytes: 1 } } }),
    dayOf('2026-05-01', { 12: { counts: { transfer_bytes: 2 } } }),
  ]

  expect(usage(facts, '2026-05-02T00:00:00Z', days)).toEqual({ 'transfer_bytes/month': 2, 'transfer_bytes/year': 3 })
  expect([usageKey('a'), usageKey('a', 'year')]).toEqual(['a', 'a/year'])
})
