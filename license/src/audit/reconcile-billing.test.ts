import { describe, expect, test } from 'vitest'
import { level } from './audit.fixture.ts'
import { charged, hourly, licensedBy, lived, reportOf, statement } from './reconcile.fixture.ts'

describe('what is only counted', () => {
  const limits = {
    users: { max: 8, behaviour: 'count' },
    meters: { device_users: { max: 5, behaviour: 'count' } },
  } as const
  const licence = licensedBy('active-users-tiered', { limits })
  const told = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence }] }
  const period = { from: '2026-05-01', to: '2026-07-31' }

  test('is billed by the month with the greatest of it, device users apart from people, and is no breach', () => {
    const usual = { limits: { users: 8, device_users: 5 } }
    const special = {
      ...hourly('2026-04-30T22', '2026-07-31T21', { ...usual, levels: { device_users: level(5) } }),
      '2026-05-04T08': { ...usual, levels: { device_users: level(9, 60) } },
      '2026-05-31T21': { ...usual, levels: { device_users: level(6, 60) } },
      '2026-05-31T22': { ...usual, levels: { device_users: level(7, 60) } },
    }
    const result = statement([reportOf(lived('2026-04-30', '2026-08-01', special), period, told)], licence)

    expect(result.billed.map((one) => [one.limit, one.in, one.used, one.over])).toEqual([
      ['device_users', '2026-05', 9, 4],
      ['device_users', '2026-06', 7, 2],
    ])
    expect(result).toMatchObject({ excesses: [], totals: { billing: '9.30', penalty: null, total: '9.30' } })
    expect(charged(result)).toEqual([
      ['billing', 'device_users', 4, 1, '1.55', '6.20'],
      ['billing', 'device_users', 2, 1, '1.55', '3.10'],
    ])
  })

  test('by the month is summed up, a begun hundred counts, and a month in part is at least so much', () => {
    const meters = { invoices: { max: 1000, behaviour: 'count', per: 'month' } } as const
    const own = licensedBy('active-users-tiered', { limits: { meters } })
    const flow = (hour: string, invoices: number) => ({ hour, counts: { invoices } })
    const flows = {
      '2026-05-31': [flow('2026-05-31T21', 1001)],
      '2026-06-01': [flow('2026-05-31T22', 900), flow('2026-06-01T05', 401)],
      '2026-07-02': [flow('2026-07-01T05', 1000)],
    }
    const half = { from: '2026-05-15', to: '2026-07-31' }
    const made = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: own }] }
    const result = statement([reportOf(lived('2026-05-14', '2026-08-01', {}, flows), half, made)], own)

    expect(result.billed.map((one) => [one.in, one.used, one.over, one.whole])).toEqual([
      ['2026-05', 1001, 1, false],
      ['2026-06', 1301, 301, true],
    ])
    expect(charged(result)).toEqual([
      ['billing', 'invoices', 1, 1, '0.33', '0.33'],
      ['billing', 'invoices', 301, 1, '0.33', '1.32'],
    ])
  })
})

describe('tiers', () => {
  const tiers = {
    meter: 'sales',
    current: 'S',
    steps: [
      { name: 'S', upTo: 50_000 },
      { name: 'M', upTo: 200_000 },
      { name: 'L', upTo: null },
    ],
  }
  const licence = licensedBy('active-users-tiered', { tiers })
  const told = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence }] }
  const sold = (hour: string, sales: number) => ({ [hour.slice(0, 10)]: [{ hour, counts: { sales } }] })

  test('50 000 passed on the 17th: M from the 1st, S–M for each month from there, and sales that fall change nothing', () => {
    const flows = { ...sold('2026-01-05T08', 50_000), ...sold('2026-05-17T09', 1), ...sold('2026-07-01T08', 10) }
    const year = { from: '2026-01-01', to: '2026-07-31' }
    const result = statement([reportOf(lived('2026-01-01', '2026-08-01', {}, flows), year, told)], licence)

    expect(result.tiers).toMatchObject([
      {
        before: 'S',
        tier: 'M',
        from: '2026-06-01',
        value: 50_001,
        clause: '5.1',
        passedAt: '2026-05-17T09:59:59.999Z',
      },
    ])
    expect(charged(result)).toEqual([['tier', 'sales', 1, 2, '30.10', '60.20']])
  })

  test('the record alone tells it too: what it says once is not added up again', () => {
    const alive = lived('2026-05-01', '2026-06-01')
    alive.write('2026-06-01T00:02:00Z', 'metered', { meter: 'sales', value: 50_500 })
    alive.write('2026-06-09T00:02:00Z', 'metered', { meter: 'sales', value: 200_001 })
    const result = statement([reportOf(alive, { from: '2026-05-01', to: '2026-08-31' }, told)], licence)

    expect(result.tiers).toMatchObject([{ before: 'S', tier: 'L', from: '2026-07-01' }])
    expect(charged(result)).toEqual([['tier', 'sales', 1, 2, '150.00', '300.00']])
  })

  test('a new year begins at nothing, and the last hour of the old one belongs to it', () => {
    const flows = { ...sold('2026-12-31T22', 50_001), ...sold('2027-01-01T08', 50_000) }
    const winter = { from: '2026-12-01', to: '2027-01-31' }
    const result = statement([reportOf(lived('2026-12-01', '2027-02-01', {}, flows), winter, told)], licence)

    expect(result.tiers).toMatchObject([{ tier: 'M', from: '2027-01-01', value: 50_001 }])
  })
})

test('fair use of the HR system: the month and by how much, the hours in which the database was too large', () => {
  const licence = licensedBy('hrm-subscription', { limits: { users: { max: 20, behaviour: 'refuse' } } })
  const told = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence }] }
  const special = {
    '2026-03-10T08': { counts: { transfer_bytes: 2_500_000_000 } },
    ...hourly('2026-03-12T08', '2026-03-12T10', { levels: { database_bytes: level(10_400_000_000) } }),
  }
  const alive = lived('2026-02-28', '2026-05-01', special)
  const result = statement([reportOf(alive, { from: '2026-03-01', to: '2026-04-30' }, told)], licence)

  // March has 743 hours in Ljubljana; in each other one byte was sent.
  expect(result.fairUse).toMatchObject([
    {
      ...{ kind: 'stretch', limit: 'database_bytes', over: 400_000_000, clause: '6.4', unit: 'GB' },
      ...{ from: '2026-03-12T08:00:00.000Z', until: '2026-03-12T11:00:00.000Z' },
    },
    { kind: 'period', limit: 'transfer_bytes', in: '2026-03', max: 2_000_000_000, over: 500_000_742, whole: true },
  ])
  expect(result.charges).toEqual([])
})

test('managed hosting: half of the capacity on a month’s average', () => {
  const licence = licensedBy('managed-hosting')
  const told = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence }] }
  const special = {
    ...hourly('2026-02-28T23', '2026-03-31T21', { levels: { load_percent: level(51) } }),
    ...hourly('2026-03-31T22', '2026-04-30T21', { levels: { load_percent: level(50) } }),
  }
  const spring = { from: '2026-03-01', to: '2026-04-30' }
  const result = statement([reportOf(lived('2026-02-28', '2026-05-01', special), spring, told)], licence)

  expect(result.fairUse).toMatchObject([
    { limit: 'load_percent', in: '2026-03', used: 51, over: 1, clause: '4 b iv 3' },
  ])
})
