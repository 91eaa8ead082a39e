import { describe, expect, test } from 'vitest'
import { order } from '../document/testing.fixture.ts'
import { plusDays } from '../terms/index.ts'
import { History, licenceOf, profile, USAGE } from './history.fixture.ts'
import { checkOrder } from './order.ts'
import { standing } from './standing.ts'
import type { StandingEvent } from './types.ts'

describe('without a licence', () => {
  test('nothing is known and nothing is kept from anybody', () => {
    expect(standing({ events: [], usage: USAGE, now: 0, terms: null })).toMatchObject({
      ...{ state: 'unlicensed', since: null, until: null, reasons: [], next: null },
      effects: { readOnly: false, blocked: null, notices: [], limits: {}, purgeFrom: null },
    })
  })

  test('one that is imported later does not count yet', () => {
    const history = new History('erp-on-premises', { term: { from: '2026-05-01', until: null } })
    expect(history.standing('2026-04-30').state).toBe('unlicensed')
  })
})

describe('limits', () => {
  const limits = { users: { max: 10, behaviour: 'refuse' as const } }
  test.each([
    [9, 'good', 0],
    [10, 'good', 0],
    [11, 'notice', 1],
  ])('with %i of 10 users it stands %s', (users, state, notices) => {
    const history = new History('erp-on-premises', { limits })
    const found = history.standing('2026-02-01', 0, { ...USAGE, users })

    expect(found.state).toBe(state)
    expect(found.effects).toMatchObject({ readOnly: false, blocked: null, limits })
    expect(found.effects.notices).toHaveLength(notices)
  })

  test('what is only counted says nothing; what is not known neither', () => {
    const history = new History('erp-on-premises', {
      limits: {
        users: { max: 1, behaviour: 'count' },
        sessions: { max: 1, behaviour: 'warn', reserved: 0, services: 0, idleMinutes: 20 },
      },
    })
    expect(history.standing('2026-02-01', 0, { users: 99, sessions: null, meters: {} }).state).toBe('good')
  })

  test('a renewal changes the limits it names and keeps the others', () => {
    const history = new History('erp-on-premises', {
      limits: { ...limits, meters: { a: { max: 1, behaviour: 'warn' }, b: { max: 2, behaviour: 'warn' } } },
    })
    history.renewal('2026-02-01', { limits: { meters: { b: { max: 5, behaviour: 'warn' } } } })

    expect(history.standing('2026-02-01').effects.limits).toEqual({
      ...limits,
      meters: { a: { max: 1, behaviour: 'warn' }, b: { max: 5, behaviour: 'warn' } },
    })
  })
})

test('a year of hourly counts is judged in no time', () => {
  const history = new History('active-users-tiered')
  const start = history.at('2026-01-02')
  for (let hour = 0; hour < 8760; hour += 1) {
    history.events.push({
      at: new Date(start + hour * 3_600_000).toISOString(),
      kind: 'metered',
      meter: 'sales',
      value: hour,
    })
  }
  const before = performance.now()
  history.standing('2027-01-05')

  expect(performance.now() - before).toBeLessThan(500)
})

describe('orders', () => {
  test('take effect when they say, and end when they are lifted', () => {
    const history = new History('erp-on-premises')
      .order('2026-02-01', {
        effective: '2026-02-10T08:00:00Z',
        notice: { given: '2026-02-01T08:00:00Z', text: 'By mail.' },
      })
      .order('2026-02-20', { action: 'lift' }, 12)

    expect(history.standing('2026-02-02')).toMatchObject({ state: 'notice', until: '2026-02-10T08:00:00.000Z' })
    expect(history.standing('2026-02-10', 8.9).state).toBe('notice')
    expect(history.standing('2026-02-10', 9)).toMatchObject({ state: 'suspended', until: null })
    expect(history.standing('2026-02-20', 11.9).state).toBe('suspended')
    expect(history.standing('2026-02-20', 12)).toMatchObject({ state: 'good', since: '2026-02-20T11:00:00.000Z' })
  })

  test('lifted for later hold until then, and that is foreseen', () => {
    const history = new History('erp-on-premises')
      .order('2026-02-01', {})
      .order('2026-02-02', { action: 'lift', effective: '2026-02-20T08:00:00Z' })

    expect(history.standing('2026-02-10')).toMatchObject({
      state: 'suspended',
      next: { at: '2026-02-20T08:00:00.000Z', stage: 'lifted', state: 'good' },
    })
    expect(history.standing('2026-02-20', 9)).toMatchObject({ state: 'good', since: '2026-02-20T08:00:00.000Z' })
  })

  test('never act on what was before they came', () => {
    const history = new History('erp-on-premises').order('2026-02-01', {
      action: 'terminate',
      effective: '2025-06-01T00:00:00Z',
    })
    history.tell('2026-02-01')

    expect(history.standing('2026-01-31').state).toBe('good')
    expect(history.standing('2026-02-01')).toMatchObject({
      state: 'terminated',
      reasons: expect.arrayContaining([
        expect.objectContaining({ text: expect.stringContaining('on 1 February 2026') }),
      ]),
      effects: { blocked: null, purgeFrom: '2026-03-02T23:00:00.000Z' },
    })
  })

  test('without notice act only when they are urgent', () => {
    const quiet = new History('erp-on-premises').order('2026-02-01', { notice: null })
    const urgent = new History('erp-on-premises').order('2026-02-01', { notice: null, urgent: true })

    expect(quiet.tellDaily('2026-02-01', '2026-03-01').standing('2026-03-01').state).toBe('notice')
    expect(urgent.standing('2026-02-01').state).toBe('suspended')
  })

  test('an end of the contract is not lifted by an order, and a payment lifts no order', () => {
    const ended = new History('erp-on-premises')
      .order('2026-02-01', { action: 'terminate' })
      .order('2026-02-02', { action: 'lift' })
    const restricted = new History('erp-on-premises', { paidThrough: '2026-12-31' })
      .order('2026-02-01', {})
      .receipt('2026-02-02', '2027-12-31')

    expect(ended.standing('2026-02-03').state).toBe('terminated')
    expect(restricted.standing('2026-02-03').state).toBe('suspended')
  })

  test('are refused when the contract does not know them', () => {
    expect(() => checkOrder(order({ action: 'suspend' }), profile('hrm-subscription'))).toThrow(
      expect.objectContaining({ code: 'ORDER_NOT_FORESEEN' }),
    )
    expect(() => checkOrder(order({ notice: null, urgent: false }), profile('erp-on-premises'))).toThrow(
      expect.objectContaining({ code: 'ORDER_WITHOUT_NOTICE' }),
    )
    expect(() => checkOrder(order(), profile('erp-on-premises'))).not.toThrow()
    expect(() => checkOrder(order({ action: 'lift', notice: null }), profile('hrm-subscription'))).not.toThrow()
  })
})

describe('a new licence', () => {
  test('lifts what has taken effect and keeps what is announced for later', () => {
    const history = new History('erp-on-premises')
      .order('2026-02-01', {})
      .order('2026-02-01', { effective: '2026-06-01T00:00:00Z' })
      .terminated('2026-02-01', '2026-07-31')
    history.import('2026-03-01', licenceOf('erp-on-premises', { seq: 50 }))
    history.tell('2026-03-01')

    expect(history.standing('2026-03-01').reasons.map(({ track, stage }) => `${track}/${stage}`)).toEqual([
      'restriction/announced',
      'termination/announced',
    ])
    expect(history.standing('2026-06-02').state).toBe('suspended')
    expect(history.standing('2026-08-01').state).toBe('terminated')
  })

  test('of another contract keeps nothing of the old one', () => {
    const history = new History('erp-on-premises').terminated('2026-02-01', '2026-07-31')
    history.import('2026-03-01', licenceOf('erp-on-premises', { seq: 50, contract: 'K-18/2026' }))

    expect(history.standing('2026-08-01').state).toBe('good')
  })

  test('documents of other licences and contracts change nothing', () => {
    const history = new History('hrm-subscription', { term: { from: '2026-01-01', until: '2026-01-31' } })
    history.renewal('2026-01-10', { licence: '00000000-0000-4000-8000-999999999999', until: '2026-12-31' })
    history.renewal('2026-01-10', { contract: 'K-18/2026', until: '2026-12-31' })

    expect(history.standing('2026-02-01').state).toBe('read-only')
  })
})

test('notice of the end can be withdrawn until the end', () => {
  const history = new History('active-users-tiered').terminated('2026-02-01', '2026-05-01')
  const withdrawn: StandingEvent = {
    at: new Date(history.at('2026-03-01')).toISOString(),
    kind: 'termination-withdrawn',
  }
  history.events.push(withdrawn)

  expect(history.standing('2026-02-28').state).toBe('notice')
  expect(history.standing('2026-06-01').state).toBe('good')
})

test('after the end nothing falls due, and nobody is kept from the data for it', () => {
  const history = new History('invoicing-prepaid', { paidThrough: '2026-01-31' }).terminated('2026-02-10', '2026-02-20')
  history.tellDaily('2026-02-01', '2026-02-21')

  expect(history.standing('2026-02-20').effects.blocked).toMatchObject({ page: 'suspended' })
  expect(history.standing('2026-02-21')).toMatchObject({
    state: 'terminated',
    effects: { blocked: null, readOnly: true },
  })
})

test('releases are covered while maintenance or rent runs, and none is after the end', () => {
  const covered = (more: Parameters<typeof licenceOf>[1], day = '2026-02-01') =>
    new History('erp-on-premises', more).tell(day).standing(day).effects.upgradesThrough

  expect(covered({ maintenanceUntil: '2026-12-31' })).toBe('2026-12-31')
  expect(covered({})).toBe('2026-01-01')
  expect(covered({ paidThrough: '2026-12-31' })).toBeNull()
  expect(covered({ term: { from: '2026-01-01', until: '2026-06-30' }, maintenanceUntil: '2026-03-31' })).toBe(
    '2026-06-30',
  )
  expect(
    new History('erp-on-premises', { maintenanceUntil: '2026-12-31' })
      .order('2026-02-01', { action: 'terminate' })
      .standing('2026-02-02').effects.upgradesThrough,
  ).toBe('2026-01-31')
})

test.each(['Europe/Ljubljana', 'Pacific/Auckland', 'America/New_York'])('days end at midnight in %s', (zone) => {
  const history = new History('hrm-subscription', { term: { from: '2026-01-01', until: '2026-03-28' } })
  const terms = { ...history.terms, timezone: zone }
  const midnight = {
    'Europe/Ljubljana': '2026-03-28T23:00:00Z',
    'Pacific/Auckland': '2026-03-28T11:00:00Z',
    'America/New_York': '2026-03-29T04:00:00Z',
  }[zone] as string
  const at = (now: number) => standing({ events: history.events, usage: USAGE, now, terms }).state

  expect(at(Date.parse(midnight) - 1)).toBe('good')
  expect(at(Date.parse(midnight))).toBe('read-only')
})

test.each([
  ['over the change to summer time', '2026-03-20'],
  ['over the change to winter time', '2026-10-20'],
  ['over a leap day', '2028-02-24'],
])('30 days %s are 30 days of the calendar', (_, paidThrough) => {
  const history = new History('erp-on-premises', { paidThrough }).tell(plusDays(paidThrough, 1))
  const day = plusDays(paidThrough, 31)

  expect(history.standing(day, -0.001).state).toBe('notice')
  expect(history.standing(day).state).toBe('suspended')
})
