import { describe, expect, test } from 'vitest'
import { plusDays } from '../terms/index.ts'
import { History, licenceOf } from './history.fixture.ts'
import { walk } from './walk.fixture.ts'

/** The timelines of the contracts, day by day. */

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

  test('the day from which deletion is allowed stays the same when it has come', () => {
    const history = new History('hrm-subscription', { term }).tellDaily('2026-02-01', '2026-02-10')

    for (const day of ['2026-02-10', '2026-03-03', '2026-03-04', '2026-05-01'])
      expect(history.standing(day).effects.purgeFrom, day).toBe('2026-03-03T23:00:00.000Z')
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
