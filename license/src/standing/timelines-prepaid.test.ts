import { describe, expect, test } from 'vitest'
import { daysBetween, plusDays } from '../terms/index.ts'
import { History } from './history.fixture.ts'
import { walk } from './walk.fixture.ts'

/** The timelines of the contracts, day by day. */

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

  test('a receipt for less than is paid already takes nothing away', () => {
    const history = new History('invoicing-prepaid', { paidThrough: '2026-12-31' }).receipt('2026-02-01', '2026-01-31')

    expect(history.standing('2026-03-01').state).toBe('good')
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
