import { describe, expect, test } from 'vitest'
import { daysBetween, plusDays } from '../terms/index.ts'
import { History, licenceOf } from './history.fixture.ts'
import type { Standing } from './types.ts'

/** The timelines of the contracts, day by day, each day looked at when it begins and before it ends. */

const kept = ({ effects }: Standing) => effects.blocked?.page ?? (effects.readOnly ? 'read-only' : 'open')
const mayPurge = (now: number, { effects }: Standing) =>
  effects.purgeFrom !== null && Date.parse(effects.purgeFrom) <= now

/** [first day of this (counted from the day after the anchor), state, what people find] */
type Expected = readonly (readonly [number, string, string])[]

function walk(
  history: History,
  anchor: string,
  days: number,
  expected: Expected,
  { purgeOn = Number.POSITIVE_INFINITY } = {},
) {
  for (let day = -20; day <= days; day += 1) {
    const date = plusDays(anchor, 1 + day)
    history.tell(date)
    const [, state, found] = expected.findLast(([from]) => from <= day) ?? [0, 'good', 'open']
    for (const hours of [0, 22.9]) {
      const stands = history.standing(date, hours)
      expect([day, hours, stands.state, kept(stands)]).toEqual([day, hours, state, found])
      expect([day, mayPurge(history.at(date, hours), stands)]).toEqual([day, day >= purgeOn])
    }
  }
}

describe('ERP on premises', () => {
  test('rent that is never paid: reminded, suspended after 30 days, rescinded after 60, gone 30 days later', () => {
    walk(
      new History('erp-on-premises', { paidThrough: '2026-01-31' }),
      '2026-01-31',
      100,
      [
        [0, 'notice', 'open'],
        [30, 'suspended', 'suspended'],
        [60, 'terminated', 'read-only'],
        [90, 'ended', 'ended'],
      ],
      { purgeOn: 90 },
    )
  })

  test('settling lifts the suspension the same moment, and the time counts as rented', () => {
    const history = new History('erp-on-premises', { paidThrough: '2026-01-31' }).tellDaily('2026-02-01', '2026-03-10')
    expect(history.standing('2026-03-10', 9.99).state).toBe('suspended')

    history.receipt('2026-03-10', '2026-03-31', 10)

    expect(history.standing('2026-03-10', 10)).toMatchObject({ state: 'good', reasons: [], effects: { blocked: null } })
    expect(history.standing('2026-04-01').state).toBe('notice')
  })

  test('settling comes too late on day 60; only a new licence opens again', () => {
    const history = new History('erp-on-premises', { paidThrough: '2026-01-31' }).tellDaily('2026-02-01', '2026-04-02')
    expect(history.standing('2026-04-02').state).toBe('terminated')

    history.receipt('2026-04-03', '2026-06-30').renewal('2026-04-04', { paidThrough: '2026-12-31' })
    expect(history.standing('2026-04-05')).toMatchObject({ state: 'terminated', since: '2026-04-01T22:00:00.000Z' })
    history.tell('2026-04-05')
    expect(history.standing('2026-05-02').state).toBe('ended')

    history.import('2026-05-03', licenceOf('erp-on-premises', { paidThrough: '2026-12-31', seq: 900 }))
    expect(history.standing('2026-05-03')).toMatchObject({ state: 'good', since: '2026-05-02T22:00:00.000Z' })
  })

  test('the notice of rescission is there on the 7 days before it', () => {
    const history = new History('erp-on-premises', { paidThrough: '2026-01-31' }).tellDaily('2026-02-01', '2026-03-31')
    const said = (day: string) => history.standing(day).effects.notices.map(({ id }) => id)

    expect(said('2026-03-25')).toEqual(['rent-suspended'])
    for (let day = '2026-03-26'; day <= '2026-04-01'; day = plusDays(day, 1))
      expect(said(day)).toEqual(['rent-rescission'])
    expect(history.standing('2026-03-26')).toMatchObject({ state: 'suspended', since: '2026-03-02T23:00:00.000Z' })
  })

  test('a rental that ends leaves 30 days to read and export', () => {
    const term = { from: '2026-01-01', until: '2026-06-30' }
    walk(
      new History('erp-on-premises', { term, paidThrough: '2026-12-31' }),
      '2026-06-30',
      60,
      [
        [-30, 'notice', 'open'],
        [0, 'terminated', 'read-only'],
        [30, 'ended', 'ended'],
      ],
      { purgeOn: 30 },
    )
  })

  test('a breach that was warned of ends the contract 7 days after the warning was first seen', () => {
    const history = new History('erp-on-premises').order('2026-03-01', { action: 'warn', notice: null }, 9)
    expect(history.standing('2026-03-20')).toMatchObject({
      state: 'notice',
      next: { waitsFor: expect.stringContaining('breach/breach-warning@') },
    })

    history.tell('2026-03-20', 14)

    expect(history.standing('2026-03-27', 13.9).state).toBe('notice')
    expect(history.standing('2026-03-27', 14).state).toBe('terminated')
  })
})

describe('HR system', () => {
  const term = { from: '2026-01-01', until: '2026-01-31' }

  test('a licence that lapses: read-only the same minute, closed on day 30, purge on day 31', () => {
    walk(
      new History('hrm-subscription', { term }),
      '2026-01-31',
      100,
      [
        [0, 'read-only', 'read-only'],
        [30, 'ended', 'ended'],
      ],
      { purgeOn: 31 },
    )
  })

  test.each([
    '2026-02-10',
    '2026-03-02',
    '2026-03-20',
  ])('a renewal on %s makes it writable, and it lapses again', (day) => {
    const history = new History('hrm-subscription', { term }).tellDaily('2026-02-01', day)
    history.renewal(day, { until: '2026-05-31' }, 10)

    expect(history.standing(day, 9.9).effects.readOnly).toBe(true)
    expect(history.standing(day, 10)).toMatchObject({ state: 'good', effects: { readOnly: false, blocked: null } })
    expect(history.standing('2026-06-01').state).toBe('read-only')
  })

  test('notice ends it with the month, then 30 days to read', () => {
    const history = new History('hrm-subscription').terminated('2026-01-29', '2026-02-28')
    walk(
      history,
      '2026-02-28',
      60,
      [
        [-30, 'notice', 'open'],
        [0, 'terminated', 'read-only'],
        [30, 'ended', 'ended'],
      ],
      { purgeOn: 30 },
    )
  })
})

describe('prepaid invoicing', () => {
  test('payment never comes: reminded after 2 days, closed 10 days after that was first shown', () => {
    walk(new History('invoicing-prepaid', { paidThrough: '2026-01-31' }), '2026-01-31', 100, [
      [2, 'notice', 'open'],
      [12, 'suspended', 'suspended'],
    ])
  })

  test('the 10 days run from the first showing, not from the due date nor from the last', () => {
    const history = new History('invoicing-prepaid', { paidThrough: '2026-01-31' })
    expect(history.standing('2026-03-31').state).toBe('notice')

    history.tell('2026-02-20', 15.5).shown('2026-03-01', 'payment-late/payment-late@2026-01-31')

    expect(history.standing('2026-03-02', 15.4).state).toBe('notice')
    expect(history.standing('2026-03-02', 15.5)).toMatchObject({
      state: 'suspended',
      effects: { blocked: { page: 'suspended' } },
    })
  })

  test('payment opens at once', () => {
    const history = new History('invoicing-prepaid', { paidThrough: '2026-01-31' }).tellDaily(
      '2026-02-01',
      '2026-03-01',
    )
    history.receipt('2026-03-01', '2026-03-31', 8)

    expect(history.standing('2026-03-01', 7.9).state).toBe('suspended')
    expect(history.standing('2026-03-01', 8).state).toBe('good')
  })

  test('a trial is closed when it ends, without a notice, and its data need not be kept after 30 days', () => {
    const trial = { trial: true, term: { from: '2026-01-01', until: '2026-01-31' } }
    const history = new History('invoicing-prepaid', trial)

    expect(history.standing('2026-02-01', -0.001)).toMatchObject({
      state: 'good',
      next: { stage: 'over', waitsFor: null },
    })
    walk(
      history,
      '2026-01-31',
      100,
      [
        [0, 'suspended', 'trial-over'],
        [30, 'ended', 'trial-over'],
      ],
      { purgeOn: 30 },
    )
  })
})

describe('tiers by active users', () => {
  const tiers = {
    meter: 'sales',
    current: 'S',
    steps: [
      { name: 'S', upTo: 50_000 },
      { name: 'M', upTo: 100_000 },
      { name: 'L', upTo: null },
    ],
  }
  const tierOn = (history: History, day: string, hours = 0) => history.standing(day, hours).effects.tier

  test('passed on the 17th, the next tier counts from the 1st, and never less again', () => {
    const history = new History('active-users-tiered', { tiers })
      .metered('2026-05-16', 50_000)
      .metered('2026-05-17', 50_000.01)
      .metered('2026-07-01', 12)
      .metered('2027-01-02', 0)

    expect(tierOn(history, '2026-05-31', 23.9)).toBe('S')
    expect(history.standing('2026-05-20').next).toMatchObject({
      at: '2026-05-31T22:00:00.000Z',
      track: 'tier',
      stage: 'M',
      clause: '5.1',
    })
    expect(tierOn(history, '2026-06-01')).toBe('M')
    expect(tierOn(history, '2027-02-01')).toBe('M')
  })

  test('two tiers passed in one month count together; the last has no end', () => {
    const history = new History('active-users-tiered', { tiers })
      .metered('2026-05-03', 60_000)
      .metered('2026-05-30', 1e9)

    expect(tierOn(history, '2026-06-01')).toBe('L')
  })

  test('at the amount nothing changes', () => {
    expect(tierOn(new History('active-users-tiered', { tiers }).metered('2026-05-03', 50_000), '2026-12-31')).toBe('S')
  })

  test('after the end nothing is deleted until a handover is confirmed', () => {
    const history = new History('active-users-tiered')
      .terminated('2026-01-31', '2026-04-30')
      .tellDaily('2026-02-01', '2026-05-01')

    expect(history.standing('2026-05-01')).toMatchObject({
      state: 'terminated',
      effects: { readOnly: true, blocked: null, purgeFrom: null },
    })
    expect(history.standing('2027-05-01')).toMatchObject({
      state: 'terminated',
      effects: { blocked: null, purgeFrom: null },
    })
  })
})

describe('managed hosting', () => {
  const noticed = (history: History, day: string) =>
    history
      .tell(day)
      .standing(day)
      .effects.notices.map(({ id }) => id)

  test.each([
    'paidThrough',
    'until',
  ])('14, 7 and 1 days before the end of “%s” a notice, then switched off', (claim) => {
    const day = '2026-03-31'
    const history = new History(
      'managed-hosting',
      claim === 'until' ? { term: { from: '2026-01-01', until: day } } : { paidThrough: day },
    )
    for (let date = '2026-03-10'; date <= day; date = plusDays(date, 1)) {
      const left = daysBetween(date, plusDays(day, 1))
      const expected = [14, 7, 1].findLast((days) => left <= days)
      expect([date, noticed(history, date)]).toEqual([date, expected ? [`expires-${expected}`] : []])
    }

    expect(history.standing('2026-04-01', -0.001).effects.blocked).toBeNull()
    expect(history.standing('2026-04-01')).toMatchObject({
      state: 'suspended',
      effects: { blocked: { page: 'switched-off', clause: '4 b' }, readOnly: false, purgeFrom: null },
    })
    expect(history.standing('2027-04-01').effects.purgeFrom).toBeNull()
  })

  test('renewed it is on', () => {
    const history = new History('managed-hosting', { paidThrough: '2026-03-31' }).tellDaily('2026-03-10', '2026-04-05')
    history.receipt('2026-04-05', '2026-04-30', 11)

    expect(history.standing('2026-04-05', 10.9).effects.blocked).not.toBeNull()
    expect(history.standing('2026-04-05', 11).effects.blocked).toBeNull()
    expect(history.standing('2026-04-17').effects.notices.map(({ key }) => key)).toEqual([
      'expiry/expires-14@2026-04-30',
    ])
  })

  test('who saw the first notice early and the last one late is not given another day', () => {
    const history = new History('managed-hosting', { paidThrough: '2026-03-31' })
      .tell('2026-03-18')
      .tell('2026-03-31', 20)

    expect(history.standing('2026-04-01', -0.001).state).toBe('notice')
    expect(history.standing('2026-04-01').state).toBe('suspended')
  })

  test('who was away for all notices is told first, and has a day', () => {
    const history = new History('managed-hosting', { paidThrough: '2026-03-31' })
    expect(history.standing('2026-05-05').state).toBe('notice')

    history.tell('2026-05-05', 8)

    expect(history.standing('2026-05-06', 7.9).state).toBe('notice')
    expect(history.standing('2026-05-06', 8).state).toBe('suspended')
  })
})
