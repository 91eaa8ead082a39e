import { beforeAll, describe, expect, test } from 'vitest'
import { signDocument } from '../document/index.ts'
import { renewal, vendor } from '../document/testing.fixture.ts'
import { MODULE_FIRST_USED } from '../ledger/index.ts'
import { EXCHANGE } from '../record/index.ts'
import { plusDays } from '../utc.ts'
import { erpLicence, level, REPORTER, type Special, TestInstallation } from './audit.fixture.ts'
import { auditFigures } from './figures.ts'
import { licencesIn } from './history.ts'
import { readReport } from './report.ts'
import type { AuditFigures, Evidence, Period } from './types.ts'

const YEAR: Period = { from: '2026-01-01', to: '2026-12-31' }
const READING = { now: new Date('2027-01-01T00:00:00Z'), vendorKeys: [] }
const ZONE = 'Europe/Ljubljana'

const figuresOf = (evidence: Evidence, period = YEAR, timezone = ZONE): AuditFigures => {
  const { licences } = licencesIn(evidence.lines, null, REPORTER)
  return auditFigures({ reporter: REPORTER, period, timezone, evidence, licences })
}

const raised = { users: 20, sessions: 4, 'sale.users': 5 }

/** What is out of the ordinary in the year; everything else is 8 users, 2 sessions, a byte an hour. */
const PLANTED = {
  // Eleven at night in UTC is the next day, and here the next year, in Ljubljana.
  '2025-12-31T22': { levels: { users: level(99, 60) } },
  '2025-12-31T23': { levels: { users: level(11, 5) } },
  '2026-05-12T08': { levels: { users: [8, 13, 600, 60, 30], sessions: level(5, 60) } },
  '2026-05-12T09': { levels: { users: [12, 12, 720, 60, 60] } },
  '2026-05-12T10': { levels: { users: [8, 11, 510, 60, 10] } },
  // A renewal at eight: what was too many before is too many of another number after.
  '2026-07-15T07': { levels: { users: level(15, 60) } },
  '2026-07-15T08': { levels: { users: level(25, 60) }, limits: raised },
  '2026-08-10T03': null,
  '2026-08-10T04': null,
  '2026-08-10T05': null,
  '2026-08-20T10': {
    samples: 40,
    levels: { users: level(8, 0, 40), sessions: level(2, 0, 40), 'sale.users': level(3, 0, 40) },
  },
  '2026-09-01T12': { levels: { users: level(8, 0, 10), sessions: level(2, 0, 60), 'sale.users': level(3, 0, 10) } },
  '2026-12-31T22': { levels: { users: level(30, 7) } },
  '2026-12-31T23': { levels: { users: level(50, 60) } },
} as const

let installation: TestInstallation
let figures: AuditFigures

beforeAll(() => {
  installation = TestInstallation.licensed('2025-12-30T12:00Z')
  const special = (day: string) => (day > '2026-07-15' ? raisedOn(day) : {})
  const flows = {
    // Asked late: the hours of a night in which the database did not answer.
    '2026-07-02': [
      { hour: '2026-06-30T21', counts: { 'sale.transactions': 3 } },
      { hour: '2026-06-30T22', counts: { 'sale.transactions': 7 } },
    ],
    '2026-07-03': [{ hour: '2026-06-30T22', counts: { 'sale.transactions': 100 } }],
    '2026-12-31': [{ hour: '2026-12-31T23', counts: { 'sale.transactions': 1000 } }],
  }
  for (let day = '2025-12-31'; day <= '2026-12-31'; day = plusDays(day, 1)) {
    if (day === '2026-07-15') bringRenewal('2026-07-15T08:00Z')
    installation.live(day, day, { ...PLANTED, ...special(day) }, flows)
    if (day === '2026-02-03')
      installation.write('2026-02-03T10:00Z', MODULE_FIRST_USED, { module: 'sale', at: '2026-02-03T09:00:00.000Z' })
    if (day === '2026-08-09') {
      const gap = { from: '2026-08-10T03:00:00.000Z', until: '2026-08-10T06:00:00.000Z', seconds: 10_800 }
      installation.write('2026-08-10T06:00Z', 'gap', gap)
    }
    if (day === '2026-08-31') {
      installation.write('2026-09-01T12:10Z', 'meters-unreachable', { code: '57P03' })
      installation.write('2026-09-01T13:00Z', 'meters-reachable', {})
    }
  }
  figures = figuresOf(installation.evidence(YEAR))
})

function bringRenewal(at: string) {
  const claims = renewal({ licence: erpLicence().jti, seq: 2, limits: { users: { max: 20, behaviour: 'count' } } })
  installation.import(at, 'renewal', signDocument('renewal', claims, vendor), claims.jti)
}

const raisedOn = (day: string) =>
  Object.fromEntries(
    Array.from({ length: 24 }, (_, hour) => {
      const name = `${day}T${String(hour).padStart(2, '0')}`
      const planted = (PLANTED as Record<string, object | null>)[name]
      return [name, planted === null ? null : { limits: raised, ...planted }]
    }),
  )

describe('users', () => {
  test('the greatest of all, and when', () => {
    expect(figures.users).toMatchObject({ limit: 20, peak: { value: 30, at: '2026-12-31T22:00:00.000Z' } })
  })

  test('stretches above the limit, each with the limit that it was above', () => {
    expect(figures.users?.overUse).toEqual([
      stretch('2025-12-31T23', '2026-01-01T00', { peak: 11, limit: 10, minutes: 5 }),
      stretch('2026-05-12T08', '2026-05-12T11', { peak: 13, limit: 10, minutes: 100 }),
      stretch('2026-07-15T07', '2026-07-15T08', { peak: 15, limit: 10, minutes: 60 }),
      stretch('2026-07-15T08', '2026-07-15T09', { peak: 25, limit: 20, minutes: 60 }),
      stretch('2026-12-31T22', '2026-12-31T23', { peak: 30, limit: 20, minutes: 7 }),
    ])
    expect(figures.users?.overMinutes).toBe(5 + 100 + 60 + 60 + 7)
  })

  test('by month', () => {
    const overMinutes = figures.users?.months.map(({ month, overMinutes }) => [month, overMinutes])
    expect(overMinutes).toEqual([
      ...[
        ['2026-01', 5],
        ['2026-02', 0],
        ['2026-03', 0],
        ['2026-04', 0],
        ['2026-05', 100],
        ['2026-06', 0],
      ],
      ...[
        ['2026-07', 120],
        ['2026-08', 0],
        ['2026-09', 0],
        ['2026-10', 0],
        ['2026-11', 0],
        ['2026-12', 7],
      ],
    ])
  })

  test('of the known minutes', () => {
    const hours = 365 * 24 - 3
    const known = hours * 60 - 20 - 50
    expect(figures.users?.knownMinutes).toBe(known)
    const more = 3 * 60 + (600 - 480) + (720 - 480) + (510 - 480) + 7 * 60 + 17 * 60 + 22 * 60
    expect(figures.users?.average).toBe(Math.round(((known * 8 + more) / known) * 100) / 100)
  })

  test('by day, as the contract counts days', () => {
    expect(figures.users?.days).toHaveLength(365)
    expect(figures.users?.days.at(0)).toEqual({ day: '2026-01-01', peak: 11, average: 8.13, overMinutes: 5 })
    expect(figures.users?.days.at(-1)).toMatchObject({ day: '2026-12-31', peak: 30, overMinutes: 7 })
  })
})

describe('counts', () => {
  const days = () => (figures.meters['transfer_bytes']?.kind === 'count' ? figures.meters['transfer_bytes'].days : [])

  test('a day on which clocks are changed has 23 or 25 hours', () => {
    const of = (day: string) => days().find((one) => one.day === day)?.total
    expect([of('2026-03-28'), of('2026-03-29'), of('2026-03-30')]).toEqual([24, 23, 24])
    expect([of('2026-10-24'), of('2026-10-25'), of('2026-10-26')]).toEqual([24, 25, 24])
  })

  test('all of them', () => {
    expect(figures.meters['transfer_bytes']).toMatchObject({ kind: 'count', total: 365 * 24 - 3 })
  })

  test('what is asked late counts in its hour, and once', () => {
    expect(figures.modules['sale']?.transactions).toEqual({
      ...{ kind: 'count', total: 10 },
      months: [
        { month: '2026-06', total: 3 },
        { month: '2026-07', total: 7 },
      ],
      days: [
        { day: '2026-06-30', total: 3 },
        { day: '2026-07-01', total: 7 },
      ],
    })
  })
})

describe('gaps', () => {
  test('each with what the record says', () => {
    expect(figures.gaps).toEqual([
      {
        ...{ from: '2026-08-10T03:00:00.000Z', until: '2026-08-10T06:00:00.000Z', minutes: 180 },
        ...{ reason: 'nothing was counted: the agent did not run', explained: true },
      },
      {
        ...{ from: '2026-08-20T10:00:00.000Z', until: '2026-08-20T11:00:00.000Z', minutes: 20 },
        ...{ reason: 'nothing was counted: the record does not say why', explained: false },
      },
      {
        ...{ from: '2026-09-01T12:10:00.000Z', until: '2026-09-01T13:00:00.000Z', minutes: 50 },
        ...{ reason: 'users, sale.users could not be asked: the database did not answer', explained: true },
      },
    ])
  })

  test('all of the time is accounted for', () => {
    expect(figures.covered).toEqual({
      from: '2025-12-31T23:00:00.000Z',
      until: '2026-12-31T23:00:00.000Z',
      minutes: 365 * 1440,
      sampledMinutes: 365 * 1440 - 180 - 20,
    })
  })
})

test('what the licence says, and what was counted by which query', () => {
  expect(figures).toMatchObject({
    contract: 'K-17/2026',
    installations: { licensed: 2, reporting: 1 },
    modules: {
      sale: {
        title: 'Sales',
        licensed: { from: '2026-01-01', until: null, users: 5 },
        firstUsed: '2026-02-03T09:00:00.000Z',
        users: { peak: { value: 3 }, limit: 5 },
      },
    },
  })
  expect(figures.descriptions.find(({ name }) => name === 'sale.users')?.sql).toBe('select count(*) from seller')
})

test('what happened, in words of ours', () => {
  expect(figures.events.map(({ text }) => text)).toEqual([
    'Module sale was used for the first time at 2026-02-03T09:00:00.000Z.',
    'Imported: renewal 00000000-0000-4000-8000-000000000002.',
    'The agent did not run for 180 minutes.',
    'The database of the application did not answer the meters (57P03).',
    'The database of the application answers the meters again.',
  ])
})

test('months are the year', () => {
  const months = Array.from({ length: 12 }, (_, month) => `2026-${String(month + 1).padStart(2, '0')}`)
  const sums = months.map((month) => {
    const period = { from: `${month}-01`, to: plusDays(`${plusDays(`${month}-28`, 4).slice(0, 7)}-01`, -1) }
    return figuresOf(installation.evidence(period), period)
  })
  expect(sums.map(({ users }) => users?.overMinutes)).toEqual(
    figures.users?.months.map(({ overMinutes }) => overMinutes),
  )
  expect(sums.flatMap(({ users }) => users?.days ?? [])).toEqual(figures.users?.days)
  const minutes = sums.reduce((sum, { covered }) => sum + (covered?.sampledMinutes ?? 0), 0)
  expect(minutes).toBe(figures.covered?.sampledMinutes)
})

test('of a day whose hours were dropped the seal speaks', () => {
  const evidence = installation.evidence(YEAR)
  const without = evidence.days.filter(({ day }) => day !== '2026-05-12')
  const rest = figuresOf({ ...evidence, days: without })

  expect(rest.users?.days.find(({ day }) => day === '2026-05-12')).toMatchObject({ peak: 13, overMinutes: 100 })
  expect(rest.users?.overUse).toContainEqual(
    stretch('2026-05-12T00', '2026-05-13T00', { peak: 13, limit: 10, minutes: 100 }),
  )
  expect(rest.gaps).toEqual(figures.gaps)
  expect(rest.users?.knownMinutes).toBe(figures.users?.knownMinutes)
})

test('where zones are off by half an hour, an hour belongs to the day in which it begins', () => {
  const india = TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-03', {
    '2026-03-01T18': { levels: { users: level(9) } },
    '2026-03-01T19': { levels: { users: level(7) } },
  })
  const period = { from: '2026-03-01', to: '2026-03-02' }
  const { users } = figuresOf(india.evidence(period, 'Asia/Kolkata'), period, 'Asia/Kolkata')

  expect(users?.days.map(({ day, peak }) => [day, peak])).toEqual([
    ['2026-03-01', 9],
    ['2026-03-02', 8],
  ])
})

test('users of a module that are counted by the hour are a level of that hour', () => {
  const counted = TestInstallation.licensed('2026-03-01T00:00Z')
  const flows = [
    { hour: '2026-03-01T08', counts: { 'crm.users': 6 } },
    { hour: '2026-03-01T09', counts: { 'crm.users': 4 } },
  ]
  counted.live('2026-03-01', '2026-03-02', {}, { '2026-03-01': flows })
  const period = { from: '2026-03-01', to: '2026-03-01' }

  expect(figuresOf(counted.evidence(period), period).modules['crm']?.users).toMatchObject({
    peak: { value: 6, at: '2026-03-01T08:00:00.000Z' },
    average: 5,
  })
})

test.each([
  ['who looks', null],
  ['who hands it over', '2026-03-01T10:36:34.373Z'],
])('the first minutes are all of the minutes there were: %s', (_, handedOver) => {
  const young = TestInstallation.licensed('2026-03-01T10:33:29.206Z')
  if (handedOver) young.write(handedOver, EXCHANGE, { with: 'usage' })
  const levels = { users: level(1, 0, 4) }
  const days = [
    { version: 1, day: '2026-03-01', hours: [{ hour: 10, samples: 4, limits: {}, levels, counts: {} }], flows: [] },
  ] as const
  const period = { from: '2026-03-01', to: '2026-03-01' }

  expect(figuresOf({ lines: young.lines, days }, period)).toMatchObject({
    covered: { from: '2026-03-01T10:33:00.000Z', until: '2026-03-01T10:37:00.000Z', minutes: 4, sampledMinutes: 4 },
    gaps: [],
  })
})

test.each([
  [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d, e (57014)'],
  [['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'a, b, c, d and 3 others (57014)'],
])('of %j that did not answer none is passed over', (meters, words) => {
  const young = TestInstallation.licensed('2026-03-01T00:00Z')
  young.write('2026-03-01T00:01Z', 'meters-unreachable', { code: '57014', meters })
  const period = { from: '2026-03-01', to: '2026-03-01' }

  expect(figuresOf(young.evidence(period), period).events.at(-1)?.text).toBe(`Meters that did not answer: ${words}.`)
})

test('a meter may have a name that every object has', async () => {
  const odd = { constructor: level(5), 'constructor.users': level(3), valueof: level(1) }
  const young = TestInstallation.licensed('2026-03-01T00:00Z')
  young.live('2026-03-01', '2026-03-02', { '2026-03-01T08': { levels: odd } } as Special)
  const period = { from: '2026-03-01', to: '2026-03-01' }
  const { meters, modules } = figuresOf(young.evidence(period), period)

  expect(Object.entries(meters).map(([name, one]) => [name, 'limit' in one ? one.limit : ''])).toEqual([
    ['constructor', null],
    ['transfer_bytes', ''],
    ['valueof', null],
  ])
  expect(modules['constructor']?.users).toMatchObject({ limit: null, overMinutes: 0 })
  const { findings } = readReport(await young.report(period, '2026-03-04T12:00:00.000Z'), READING)
  expect(findings).toEqual([])
})

test('a past peak is a number, and nothing else', () => {
  const wild = TestInstallation.licensed('2026-03-01T00:00Z').live('2026-03-01', '2026-03-02', {
    '2026-03-01T08': { levels: { users: level(1_000_000, 60) } },
  })
  const period = { from: '2026-03-01', to: '2026-03-02' }
  expect(figuresOf(wild.evidence(period), period).users?.peak?.value).toBe(1_000_000)
})

const stretch = (from: string, until: string, rest: { peak: number; limit: number; minutes: number }) => ({
  ...{ from: `${from}:00:00.000Z`, until: `${until}:00:00.000Z` },
  ...rest,
})
