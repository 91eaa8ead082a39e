import { describe, expect, test } from 'vitest'
import { METERS } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { DESCRIPTIONS, level, REPORTER, type Special, type SpecialHour, TestInstallation } from './audit.fixture.ts'
import { auditFigures } from './figures.ts'
import type { Gap, Period } from './types.ts'

const MARCH: Period = { from: '2026-03-01', to: '2026-03-31' }

/** Of an installation that was metered from the beginning of the month on. */
function gapsOf(
  days: readonly [from: string, to: string],
  { special = {}, lines = [], end = `${days[1]}T23:59Z`, period = MARCH }: Partial<Circumstances> = {},
): readonly Gap[] {
  const made = TestInstallation.licensed('2026-03-01T00:00Z')
  for (const [at, kind, data] of lines) made.write(at, kind, data)
  made.live(...days, special)
  // Whoever reports writes a line first; seals are written later than the last of the samples.
  made.lines = made.lines.filter(({ at }) => at <= end)
  made.write(end, 'exchange', { with: 'usage' })
  const evidence = made.evidence(period, 'UTC')
  return auditFigures({ reporter: REPORTER, period, timezone: 'UTC', evidence, licences: [] }).gaps
}

interface Circumstances {
  readonly special: Special
  readonly lines: readonly (readonly [at: string, kind: string, data: RecordLine['data']])[]
  /** When it was reported. */
  readonly end: string
  readonly period: Period
}

const of = (from: string, until: string, minutes: number, reason: string, explained: boolean): Gap => ({
  ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString(), minutes, reason, explained },
})

/** So many minutes of an hour, in which everything that was to be asked answered. */
const sampled = (samples: number): SpecialHour => ({
  samples,
  levels: { users: level(8, 0, samples), sessions: level(2, 0, samples), 'sale.users': level(3, 0, samples) },
})

describe('without samples', () => {
  test('nothing is missing', () => {
    expect(gapsOf(['2026-03-01', '2026-03-10'])).toEqual([])
  })

  test('two minutes missed in each hour of a day are no gap, three are', () => {
    const special = (samples: number) =>
      Object.fromEntries(
        Array.from({ length: 24 }, (_, hour) => [`2026-03-02T${String(hour).padStart(2, '0')}`, sampled(samples)]),
      )
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special: special(58) })).toEqual([])
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special: special(57) })).toEqual([
      of('2026-03-02T00:00Z', '2026-03-03T00:00Z', 72, 'nothing was counted: the record does not say why', false),
    ])
  })

  test('five minutes are none, six are', () => {
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special: { '2026-03-02T08': sampled(55) } })).toEqual([])
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special: { '2026-03-02T08': sampled(54) } })).toEqual([
      of('2026-03-02T08:00Z', '2026-03-02T09:00Z', 6, 'nothing was counted: the record does not say why', false),
    ])
  })

  test('silence until the report', () => {
    expect(gapsOf(['2026-03-01', '2026-03-02'], { end: '2026-03-05T00:00Z' })).toEqual([
      of('2026-03-03T00:00Z', '2026-03-05T00:00Z', 2880, 'nothing was counted: the record does not say why', false),
    ])
  })

  test('what comes after the period does not belong to it', () => {
    const period = { from: '2026-03-01', to: '2026-03-02' }
    expect(gapsOf(['2026-03-01', '2026-03-02'], { end: '2026-03-05T00:00Z', period })).toEqual([])
  })

  test('before the first sample there was nothing to count', () => {
    const period = { from: '2026-02-01', to: '2026-03-31' }
    expect(gapsOf(['2026-03-01', '2026-03-02'], { period })).toEqual([])
  })
})

describe('what the record says', () => {
  const pause = (from: string, until: string): Circumstances['lines'][number] => {
    const seconds = (Date.parse(until) - Date.parse(from)) / 1000
    const iso = (at: string) => new Date(at).toISOString()
    return [until, 'gap', { from: iso(from), until: iso(until), seconds }]
  }

  test('the agent did not run: from when until when', () => {
    const special = { '2026-03-02T08': sampled(20), '2026-03-02T09': null, '2026-03-02T10': sampled(45) }
    const lines = [pause('2026-03-02T08:20Z', '2026-03-02T10:15Z')]
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special, lines })).toEqual([
      of('2026-03-02T08:20Z', '2026-03-02T10:15Z', 115, 'nothing was counted: the agent did not run', true),
    ])
  })

  test('a part of it', () => {
    const special = { '2026-03-02T08': null, '2026-03-02T09': null }
    const lines = [pause('2026-03-02T08:00Z', '2026-03-02T08:30Z')]
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special, lines })).toEqual([
      of(
        ...(['2026-03-02T08:00Z', '2026-03-02T10:00Z', 120] as const),
        'nothing was counted: the agent did not run, which explains 30 of 120 minutes',
        false,
      ),
    ])
  })

  test('twice the same is not twice the time', () => {
    const special = { '2026-03-02T08': null, '2026-03-02T09': null }
    const lines = [pause('2026-03-02T08:00Z', '2026-03-02T09:00Z'), pause('2026-03-02T08:00Z', '2026-03-02T09:00Z')]
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special, lines })[0]?.reason).toContain('explains 60 of 120')
  })

  test('licence time was moved on', () => {
    const special = Object.fromEntries(
      Array.from({ length: 24 }, (_, hour) => [`2026-03-02T${String(hour).padStart(2, '0')}`, null]),
    )
    const at = Date.parse('2026-03-03T00:00Z')
    const lines = [['2026-03-03T00:00Z', 'clock', { kind: 'believed', at, byMs: 86_400_000 }]] as const
    expect(gapsOf(['2026-03-01', '2026-03-04'], { special, lines })).toEqual([
      expect.objectContaining({
        minutes: 1440,
        explained: true,
        reason: expect.stringContaining('clock was believed'),
      }),
    ])
  })

  test('a line that says more than it may explains nothing', () => {
    const [at, kind, data] = pause('2026-03-02T08:00Z', '2026-03-02T10:00Z')
    const special = { '2026-03-02T08': null, '2026-03-02T09': null }
    const lines = [[at, kind, { ...data, because: 'of the weather' }]] as const
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special, lines })[0]?.explained).toBe(false)
  })
})

describe('what could not be asked', () => {
  const unasked = { levels: { users: level(8, 0, 10), 'sale.users': level(3, 0, 30) } }

  test('each by itself, and together what was together', () => {
    const special = { '2026-03-02T08': { levels: { users: level(8, 0, 10), 'sale.users': level(3, 0, 10) } } }
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special })).toEqual([
      of(
        ...(['2026-03-02T08:00Z', '2026-03-02T09:00Z', 50] as const),
        'users, sale.users could not be asked: the record does not say why',
        false,
      ),
    ])
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special: { '2026-03-02T08': unasked } })).toHaveLength(2)
  })

  test('while the database did not answer', () => {
    const lines = [
      ['2026-03-02T08:10Z', 'meters-unreachable', { code: '57P03' }],
      ['2026-03-02T09:00Z', 'meters-reachable', {}],
    ] as const
    const special = { '2026-03-02T08': { levels: { users: level(8, 0, 10) } } }
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special, lines })).toEqual([
      of('2026-03-02T08:10Z', '2026-03-02T09:00Z', 50, 'users could not be asked: the database did not answer', true),
    ])
  })

  test('meters that alone did not answer explain no other', () => {
    const lines = [
      ['2026-03-02T08:10Z', 'meters-unreachable', { code: '57014', meters: ['sale.users'] }],
      ['2026-03-02T09:00Z', 'meters-reachable', {}],
    ] as const
    const gaps = gapsOf(['2026-03-01', '2026-03-03'], { special: { '2026-03-02T08': unasked }, lines })
    expect(gaps.map(({ reason, explained }) => [reason, explained])).toEqual([
      ['users could not be asked: the record does not say why', false],
      ['sale.users could not be asked: the database did not answer', true],
    ])
  })

  test('nothing that was not to be asked: sessions are counted from the second day on', () => {
    const special = Object.fromEntries(
      Array.from({ length: 24 }, (_, hour) => [
        `2026-03-01T${String(hour).padStart(2, '0')}`,
        { limits: {}, levels: { sessions: null } },
      ]),
    )
    expect(gapsOf(['2026-03-01', '2026-03-03'], { special })).toEqual([])
  })
})

describe('a level that never answered', () => {
  const slow = { name: 'slow', kind: 'level', title: 'Slow', sql: 'select pg_sleep(10)', module: null } as const
  const described = ['2026-03-01T00:00Z', METERS, { meters: [...DESCRIPTIONS, slow] }] as const
  const failed = ['2026-03-01T00:00Z', 'meters-unreachable', { code: '57014', meters: ['slow'] }] as const

  test('is missing from when its query was said', () => {
    const gaps = gapsOf(['2026-03-01', '2026-03-02'], { lines: [described, failed] })
    expect(gaps).toMatchObject([{ reason: expect.stringMatching(/^slow could not be asked: /), explained: true }])
    expect(gaps[0]?.minutes).toBe(2880)
  })

  test('is missing without a word of the record, too', () => {
    expect(gapsOf(['2026-03-01', '2026-03-02'], { lines: [described] })).toMatchObject([{ explained: false }])
  })

  test('is not missing once it is counted no more', () => {
    const withdrawn = ['2026-03-02T00:00Z', METERS, { meters: DESCRIPTIONS }] as const
    expect(gapsOf(['2026-03-01', '2026-03-03'], { lines: [described, failed, withdrawn] })).toEqual([])
  })
})
