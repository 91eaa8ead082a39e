import { describe, expect, test } from 'vitest'
import { INSTALLATION, testKey } from '../document/testing.fixture.ts'
import { TestInstallation } from './audit.fixture.ts'
import { compareReports } from './compare.ts'
import { readReport } from './report.ts'
import type { AuditReport, Period } from './types.ts'

const FEBRUARY: Period = { from: '2026-02-01', to: '2026-02-28' }
const MARCH: Period = { from: '2026-03-01', to: '2026-03-31' }

const begun = () => TestInstallation.licensed('2026-01-31T23:00Z').live('2026-02-01', '2026-03-03')

/** Where it stands, to go on from there twice. */
const copyOf = ({ key, lines, days }: TestInstallation): TestInstallation => {
  const copy = new TestInstallation(key)
  copy.lines = [...lines]
  copy.days = [...days]
  return copy
}

const reportOf = async (made: TestInstallation, period: Period, at: string): Promise<AuditReport> => {
  const report = readReport(await made.report(period, at), { now: new Date('2026-12-31T00:00Z'), vendorKeys: [] })
  expect(report.findings).toEqual([])
  return report
}

test('a report goes on where the one before ended', async () => {
  const made = begun()
  const february = await reportOf(made, FEBRUARY, '2026-03-04T12:00:00.000Z')
  made.live('2026-03-04', '2026-04-03')
  const march = await reportOf(made, MARCH, '2026-04-04T12:00:00.000Z')
  const last = february.evidence.lines.at(-1)

  for (const [a, b, earlier] of [
    [february, march, 'a'],
    [march, february, 'b'],
  ] as const) {
    expect(compareReports(a, b)).toMatchObject({
      ...{ kinship: 'continued', earlier, parted: null, gap: null, changedDays: [], bothRunning: [] },
      lastCommon: { n: last?.n, at: last?.at },
    })
  }
})

test('what neither speaks of is a gap', async () => {
  const made = begun()
  const february = await reportOf(made, FEBRUARY, '2026-03-04T12:00:00.000Z')
  made.live('2026-03-04', '2026-05-03')
  const april = await reportOf(made, { from: '2026-04-01', to: '2026-04-30' }, '2026-05-04T12:00:00.000Z')

  expect(compareReports(february, april).gap).toEqual({
    ...{ from: '2026-02-28T23:00:00.000Z', until: '2026-03-31T22:00:00.000Z' },
    minutes: 31 * 1440 - 60,
  })
})

test('a report is the same as itself', async () => {
  const report = await reportOf(begun(), FEBRUARY, '2026-03-04T12:00:00.000Z')
  expect(compareReports(report, report)).toMatchObject({ kinship: 'same', parted: null, gap: null })
})

test('two installations have nothing to do with each other', async () => {
  const other = TestInstallation.licensed('2026-01-31T22:00Z').live('2026-02-01', '2026-03-03')
  const [a, b] = [
    await reportOf(begun(), FEBRUARY, '2026-03-04T12:00:00.000Z'),
    await reportOf(other, FEBRUARY, '2026-03-04T12:00:00.000Z'),
  ]
  expect(compareReports(a, b)).toMatchObject({ kinship: 'foreign', lastCommon: null, parted: null, changedDays: [] })
})

describe('two continuations', () => {
  test('of two that ran at the same time are told from a backup that was put back', async () => {
    const original = begun()
    const clone = copyOf(original)
    const common = original.lines.at(-1)
    original.live('2026-03-04', '2026-03-31', { '2026-03-04T08': { counts: { transfer_bytes: 5 } } })
    clone.live('2026-03-04', '2026-03-31')
    const [a, b] = [
      await reportOf(original, MARCH, '2026-04-01T12:00:00.000Z'),
      await reportOf(clone, MARCH, '2026-04-01T13:00:00.000Z'),
    ]
    const compared = compareReports(a, b)

    expect(compared).toMatchObject({
      kinship: 'forked',
      lastCommon: { n: common?.n, at: common?.at },
      parted: { a: { n: (common?.n ?? 0) + 1, kind: 'usage' }, b: { n: (common?.n ?? 0) + 1, kind: 'usage' } },
    })
    expect(compared.bothRunning.at(0)).toBe('2026-03-04T00')
    expect(compared.bothRunning).toHaveLength(28 * 24)
    expect(compared.words.join(' ')).toContain('two were running at the same time')
  })

  test('one after the other may be a backup that was put back: the next reports show it', async () => {
    const original = begun()
    const backup = copyOf(original)
    original.live('2026-03-04', '2026-03-10')
    const before = await reportOf(original, { from: '2026-03-01', to: '2026-03-10' }, '2026-03-11T12:00:00.000Z')
    backup.write('2026-03-12T08:00Z', 'gap', {
      ...{ from: '2026-03-04T00:01:00.000Z', until: '2026-03-12T08:00:00.000Z', seconds: 719_940 },
    })
    backup.live('2026-03-12', '2026-03-31')
    const after = await reportOf(backup, { from: '2026-03-12', to: '2026-03-31' }, '2026-04-01T12:00:00.000Z')
    const compared = compareReports(before, after)

    expect(compared).toMatchObject({ kinship: 'forked', earlier: 'a', bothRunning: [], parted: { b: { kind: 'gap' } } })
    expect(compared.changedDays).toEqual(
      Array.from({ length: 7 }, (_, day) => `2026-03-${String(day + 4).padStart(2, '0')}`),
    )
    expect(compared.words.join(' ')).toContain('only one goes on reporting')
  })

  test('are found also where the key was stolen', async () => {
    const original = begun()
    const thief = copyOf(original)
    expect(thief.key).toBe(original.key)
    thief.write('2026-03-04T00:30Z', 'read-only', { readOnly: false })
    const [a, b] = [
      await reportOf(original, FEBRUARY, '2026-03-04T12:00:00.000Z'),
      await reportOf(thief, FEBRUARY, '2026-03-04T12:00:00.000Z'),
    ]
    expect(compareReports(a, b).kinship).toBe('forked')
    expect(testKey('another', INSTALLATION).publicKey).not.toBe(original.key.publicKey)
  })
})
