import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { INSTALLATION } from '../document/testing.fixture.ts'
import { level, TestInstallation } from './audit.fixture.ts'
import { charged, erp, hourly, licensedBy, lived, reportOf, SEATS, statement } from './reconcile.fixture.ts'
import { startedMonths } from './reconcile-excess.ts'

describe('users beyond the licence, by the contract of the ERP', () => {
  // 13 users for two whole hours and five minutes on 31 January, 12 for an hour on 1 March; ten are licensed.
  const special = {
    ...hourly('2026-01-31T08', '2026-01-31T09', { levels: { users: level(13, 60) } }),
    '2026-01-31T10': { levels: { users: [10, 13, 615, 60, 5] } },
    '2026-03-01T22': { levels: { users: level(12, 60) } },
  } as const
  const result = statement([
    reportOf(lived('2026-01-01', '2026-04-01', special), { from: '2026-01-01', to: '2026-03-31' }),
  ])

  test('intervals, peak and minutes stand with their hours and their clause', () => {
    expect(result.excesses).toMatchObject([
      {
        ...{ limit: 'users', title: 'Active named users', clause: '1.1 (4), 8.2' },
        ...{ licensed: 10, peak: 13, extent: 3, missing: 3, minutes: 185 },
        intervals: [
          { from: '2026-01-31T08:00:00.000Z', until: '2026-01-31T11:00:00.000Z', peak: 13, minutes: 125 },
          { from: '2026-03-01T22:00:00.000Z', until: '2026-03-01T23:00:00.000Z', peak: 12, minutes: 60 },
        ],
      },
    ])
  })

  test('time out of compliance goes from the first hour to the end of the last, in days and begun months', () => {
    // 31 January to 1 March, 24:00 in Ljubljana: 1 + 28 + 1 days. Begun: on 31 January, 28 February.
    expect(result.excesses[0]?.time).toEqual({
      ...{ from: '2026-01-31T08:00:00.000Z', until: '2026-03-01T23:00:00.000Z', open: false },
      ...{ firstDay: '2026-01-31', lastDay: '2026-03-01', days: 30, months: 2 },
    })
  })

  test('licences for the extent, their maintenance for that time, ten times their value as penalty, to the cent', () => {
    expect(charged(result)).toEqual([
      ['licences', 'users', 3, null, '120.00', '360.00'],
      ['maintenance', 'users', 3, 2, '2.35', '14.10'],
      ['penalty', '', 10, null, '360.00', '3600.00'],
    ])
    expect(result.charges.every(({ clause }) => clause === '8.4, 5.2')).toBe(true)
    expect(result.totals).toEqual({
      ...{ currency: 'EUR', licences: '360.00', maintenance: '14.10', billing: '0.00', tiers: '0.00', total: '374.10' },
      ...{ penaltyBase: '360.00', penalty: '3600.00', complete: true },
    })
  })

  test('without prices there are quantities and periods, and not one amount', () => {
    const plain = statement(
      [reportOf(lived('2026-01-01', '2026-02-01', special), { from: '2026-01-01', to: '2026-01-31' })],
      erp(),
      null,
    )

    expect(charged(plain)).toEqual([
      ['licences', 'users', 3, null, null, null],
      ['maintenance', 'users', 3, 1, null, null],
      ['penalty', '', 10, null, null, null],
    ])
    expect(plain.totals).toBeNull()
    expect(JSON.stringify(plain)).not.toMatch(/EUR|120|360|2\.35/)
  })

  test('each charge names the hours that prove it', () => {
    expect(result.charges[0]?.proof).toEqual([
      { installation: INSTALLATION, from: '2026-01-31T08:00:00.000Z', until: '2026-01-31T11:00:00.000Z' },
      { installation: INSTALLATION, from: '2026-03-01T22:00:00.000Z', until: '2026-03-01T23:00:00.000Z' },
    ])
  })
})

describe('when use keeps to the licence again', () => {
  const march = { from: '2026-03-01', to: '2026-03-31' }
  const over = { levels: { users: level(11, 60) } }

  test('at most the limit is no excess', () => {
    const special = hourly('2026-03-02T00', '2026-03-02T23', { levels: { users: level(10), sessions: level(4) } })
    const result = statement([reportOf(lived('2026-03-01', '2026-04-01', special), march)])

    expect(result).toMatchObject({ excesses: [], charges: [], totals: { total: '0.00', penalty: null } })
  })

  test('above it when last looked at: it goes on to the end of what is reported', () => {
    const alive = lived('2026-03-01', '2026-03-10', hourly('2026-03-10T12', '2026-03-10T23', over))

    expect(statement([reportOf(alive, march)]).excesses[0]?.time).toMatchObject({
      open: true,
      lastDay: '2026-03-31',
      days: 22,
    })
    expect(statement([reportOf(alive, march, { madeAt: '2026-03-12T10:00:00Z' })]).excesses[0]?.time).toMatchObject({
      ...{ open: true, until: '2026-03-12T10:00:00.000Z', days: 3, months: 1 },
    })
  })

  test('the hour that is there twice, and the one that is not, belong to their days', () => {
    // Summer ends on 25 October 2026: 00:00 and 01:00 UTC are both two o’clock in Ljubljana.
    const autumn = lived('2026-10-20', '2026-10-31', hourly('2026-10-24T21', '2026-10-25T22', over))
    const october = { from: '2026-10-01', to: '2026-10-31' }
    expect(statement([reportOf(autumn, october)]).excesses[0]).toMatchObject({
      ...{ minutes: 26 * 60, time: { firstDay: '2026-10-24', lastDay: '2026-10-25', days: 2 } },
    })
    // It begins on 29 March 2026: the day has 23 hours, 23:00 of the 28th to 22:00 of the 29th.
    const spring = lived('2026-03-27', '2026-03-31', hourly('2026-03-28T23', '2026-03-29T21', over))
    expect(statement([reportOf(spring, march)]).excesses[0]).toMatchObject({
      ...{ minutes: 23 * 60, time: { firstDay: '2026-03-29', lastDay: '2026-03-29', days: 1, months: 1 } },
    })
  })

  test('licences that were bought meanwhile are owed no more, but their maintenance and the penalty are', () => {
    const more = erp({ limits: { users: { max: 12, behaviour: 'refuse' } } })
    const special = {
      ...hourly('2026-03-02T08', '2026-03-04T07', { levels: { users: level(12, 60) } }),
      ...hourly('2026-03-04T08', '2026-03-31T23', { levels: { users: level(12) }, limits: { users: 12 } }),
    }
    const licences = [
      { from: '2025-12-01T00:00:00.000Z', claims: erp() },
      { from: '2026-03-04T07:30:00.000Z', claims: more },
    ]
    const result = statement([reportOf(lived('2026-03-01', '2026-04-01', special), march, { licences })], more)

    expect(result.excesses).toMatchObject([{ licensed: 10, extent: 2, missing: 0, time: { open: false, days: 3 } }])
    expect(charged(result)).toEqual([
      ['licences', 'users', 0, null, '120.00', '0.00'],
      ['maintenance', 'users', 2, 1, '2.35', '4.70'],
      ['penalty', '', 10, null, '240.00', '2400.00'],
    ])
    expect(result.charges[0]?.text).toContain('of which 2 are licensed by now')
  })

  test('another height of the limit is another excess; licences are charged once, for the greatest', () => {
    const more = erp({ limits: { users: { max: 12, behaviour: 'refuse' } } })
    const special = {
      '2026-01-05T08': { levels: { users: level(13, 60) } },
      ...hourly('2026-02-01T00', '2026-03-31T23', { limits: { users: 12 } }),
      '2026-03-03T08': { levels: { users: level(14, 60) }, limits: { users: 12 } },
    }
    const licences = [{ from: '2026-01-31T23:00:00.000Z', claims: more }]
    const year = { from: '2026-01-01', to: '2026-03-31' }
    const result = statement([reportOf(lived('2026-01-01', '2026-04-01', special), year, { licences })], more)

    expect(result.excesses.map(({ licensed, peak, extent, missing }) => [licensed, peak, extent, missing])).toEqual([
      [10, 13, 3, 1],
      [12, 14, 2, 2],
    ])
    expect(charged(result)).toEqual([
      ['licences', 'users', 2, null, '120.00', '240.00'],
      ['maintenance', 'users', 3, 1, '2.35', '7.05'],
      ['maintenance', 'users', 2, 1, '2.35', '4.70'],
      ['penalty', '', 10, null, '360.00', '3600.00'],
    ])
  })
})

test.each([
  ['2026-01-31', '2026-01-31', 1],
  ['2026-01-31', '2026-02-27', 1],
  ['2026-01-31', '2026-02-28', 2],
  ['2028-01-31', '2028-02-28', 1],
  ['2028-01-31', '2028-02-29', 2],
  ['2028-02-29', '2029-02-27', 12],
  ['2028-02-29', '2029-02-28', 13],
  ['2026-05-10', '2026-06-09', 1],
  ['2026-05-10', '2026-06-10', 2],
])('from %s to %s there are %i begun months', (first, last, months) => {
  expect(startedMonths(first, last)).toBe(months)
})

describe('a statement refuses nothing', () => {
  test('terms that name no charge state the use, and charge nothing', () => {
    const licence = licensedBy('hrm-subscription', { limits: { users: { max: 5, behaviour: 'refuse' } } })
    const special = { '2026-03-10T08': { levels: { users: level(9, 60) }, limits: { users: 5 } } }
    const told = { licences: [{ from: '2025-12-01T00:00:00.000Z', claims: licence }] }
    const result = statement(
      [reportOf(lived('2026-03-01', '2026-04-01', special), { from: '2026-03-01', to: '2026-03-31' }, told)],
      licence,
    )

    expect(result.excesses).toMatchObject([{ limit: 'users', extent: 4 }])
    expect(result.charges).toEqual([])
    expect(result.notes.join(' ')).toContain('name no charge')
  })

  test('no report, no days, a licence without limits: an empty statement', () => {
    expect(statement([])).toMatchObject({
      period: null,
      excesses: [],
      charges: [],
      installations: { ids: [], missing: 0 },
    })
    const empty = reportOf(lived('2026-03-01', '2026-03-01'), { from: '2025-01-01', to: '2025-01-31' })
    expect(statement([empty], erp({ limits: {} }))).toMatchObject({ excesses: [], charges: [] })
  })

  test('nothing that takes documents, or judges by them, knows of audits', () => {
    const rooms = ['../document', '../standing', '../terms'].map((room) => join(import.meta.dirname, room))
    const sources = rooms.flatMap((room) =>
      readdirSync(room)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(room, name), 'utf8')),
    )
    expect(sources.length).toBeGreaterThan(30)
    expect(sources.filter((source) => /from '.*audit/.test(source))).toEqual([])
  })
})

describe('sizes', () => {
  const GB = 1_000_000_000
  const limits = { meters: { disk_bytes: { max: 100 * GB, behaviour: 'refuse' } } } as const
  const special = {
    '2026-03-10T08': { levels: { disk_bytes: level(102 * GB + 1, 60) }, limits: { disk_bytes: 100 * GB } },
  }
  const report = reportOf(lived('2026-03-01', '2026-04-01', special), { from: '2026-03-01', to: '2026-03-31' })

  test('are told in the unit that fits, and priced by the begun unit', () => {
    const result = statement([report], erp({ limits }))

    expect(result.charges[0]).toMatchObject({ quantity: 2 * GB + 1, price: '0.90', amount: '2.70' })
    expect(result.charges[0]?.text).toBe(
      'Used on the disk that holds the appliance: 102 GB in use, 100 GB licensed, 2 GB more. Charged by the begun 1 GB: 3.',
    )
  })
})

test('users of a module are called so: the title of the module alone says not who is counted', () => {
  const licence = erp({ modules: { sale: { users: { max: 2, behaviour: 'count' } } } })
  const alive = TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-02')
  const { limits, modules } = statement([reportOf(alive, { from: '2026-03-01', to: '2026-03-01' })], licence)

  expect(limits.find(({ limit }) => limit === 'sale.users')?.title).toBe('Users of Sales')
  expect(modules.map(({ module, title }) => [module, title])).toEqual([['sale', 'Sales']])
})

test('a meter, a module and a price may have a name that every object has', () => {
  const meters = { constructor: { max: 3, behaviour: 'warn' as const } }
  const licence = erp({ limits: { meters }, modules: { sale: {} } })
  const odd = { levels: { constructor: level(5, 60), 'valueof.users': level(1) }, limits: { constructor: 3 } } as object
  const alive = TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-02', {
    '2026-03-01T08': odd,
  })
  const told = { licences: [{ from: '2026-03-01T00:00:00.000Z', claims: licence }] }
  const { limits, excesses } = statement([reportOf(alive, { from: '2026-03-01', to: '2026-03-02' }, told)], licence)

  expect(limits.map(({ limit, peak }) => [limit, peak?.value])).toEqual([['constructor', 5]])
  expect(excesses).toMatchObject([{ limit: 'constructor', extent: 2, minutes: 60 }])
})

test('that the licence was never brought in is said: its limits were not in force', () => {
  const other = erp({ jti: '00000000-0000-4000-8000-000000000777' })
  const report = reportOf(lived('2026-03-01', '2026-04-01'), { from: '2026-03-01', to: '2026-03-31' })

  expect(statement([report], other).notes.join(' ')).toContain(`never brought in on ${INSTALLATION}`)
  expect(statement([report]).notes.join(' ')).not.toContain('never brought in')
})

test('sessions that an administrator reserved are part of what is licensed', () => {
  const licence = erp({ limits: { sessions: { max: 4, behaviour: 'refuse', ...SEATS, reserved: 2 } } })
  const special = { '2026-03-10T08': { levels: { sessions: level(7, 35, 35) } } }
  const result = statement(
    [reportOf(lived('2026-03-01', '2026-04-01', special), { from: '2026-03-01', to: '2026-03-31' })],
    licence,
  )

  expect(result.excesses).toMatchObject([{ limit: 'sessions', clause: '1.1 (26), 8.2', extent: 3, minutes: 35 }])
  expect(result.limits).toMatchObject([
    { limit: 'sessions', max: 4, peak: { value: 7, at: '2026-03-10T08:00:00.000Z' }, overMinutes: 35 },
  ])
})
