import { expect, test } from 'vitest'
import type { Snapshot } from '../snapshot/index.ts'
import { type Proof, proofsWithin, yearOf } from './index.ts'
import { proofOf } from './proof.fixture.ts'

const LJUBLJANA = 'Europe/Ljubljana'
const KEEP = { days: 7, weeks: 4, months: 2 }
const NOW = new Date('2026-02-05T12:00:00Z')

const proofs: readonly Proof[] = [
  proofOf(1, null, { at: '2025-12-31T22:59:59.000Z', recoverySeconds: 999 }),
  // Midnight in Ljubljana has passed.
  proofOf(2, null, { at: '2025-12-31T23:30:00.000Z', snapshotAt: '2025-12-31T20:30:00.000Z', recoverySeconds: 60 }),
  proofOf(3, null, { at: '2026-01-09T02:00:00.000Z', snapshotAt: '2026-01-09T01:00:00.000Z', recoverySeconds: 90 }),
  proofOf(4, null, {
    ...{ at: '2026-01-14T02:00:00.000Z', verdict: 'failed', codes: ['SUM_DIFFERS'], recoverySeconds: 80 },
  }),
  proofOf(5, null, {
    ...{ at: '2026-01-30T02:00:00.000Z', snapshotAt: '2026-01-30T01:00:00.000Z', from: 'nas', recoverySeconds: 300 },
  }),
]

const snapshot = (at: string, more: Partial<Snapshot> = {}): Snapshot => ({
  ...{ run: '20260101T000000Z-000000', at, kind: 'scheduled', hold: null, release: { name: 'erp', version: '1' } },
  parts: { database: 'a', files: 'b', manifest: 'c' },
  ...{ manifest: '0'.repeat(64), bytes: { dump: 1, documents: 0, added: 1 }, seconds: 1 },
  ...{ refused: null, checkedAt: null, provenAt: null, ...more },
})

const year = (more: Partial<Parameters<typeof yearOf>[0]> = {}) =>
  yearOf({
    ...{ proofs, snapshots: [], from: '2026-01-01', to: '2026-02-28', timeZone: LJUBLJANA, keep: KEEP, now: NOW },
    ...more,
  })

test('a proof belongs to the day that it was in the time zone', () => {
  const within = { from: '2026-01-01', to: '2026-12-31', timeZone: LJUBLJANA }

  expect(proofsWithin(proofs, within).map(({ number }) => number)).toEqual([2, 3, 4, 5])
})

test('each week says whether it was proven; one that is not over lacks nothing', () => {
  const { weeks, weeksProven, weeksOver } = year()

  expect(weeks.map(({ name, from, to, over, proven, failed }) => [name, from, to, over, proven, failed])).toEqual([
    ['2026-W01', '2026-01-01', '2026-01-04', true, 1, 0],
    ['2026-W02', '2026-01-05', '2026-01-11', true, 1, 0],
    ['2026-W03', '2026-01-12', '2026-01-18', true, 0, 1],
    ['2026-W04', '2026-01-19', '2026-01-25', true, 0, 0],
    ['2026-W05', '2026-01-26', '2026-02-01', true, 1, 0],
    ['2026-W06', '2026-02-02', '2026-02-08', false, 0, 0],
    ['2026-W07', '2026-02-09', '2026-02-15', false, 0, 0],
    ['2026-W08', '2026-02-16', '2026-02-22', false, 0, 0],
    ['2026-W09', '2026-02-23', '2026-02-28', false, 0, 0],
  ])
  expect([weeksProven, weeksOver]).toEqual([3, 5])
})

test('the longest time without a proof is not ended by a drill that failed', () => {
  expect(year().longestGap).toEqual({
    ...{ from: '2026-01-09T02:00:00.000Z', until: '2026-01-30T02:00:00.000Z', days: 21 },
  })
})

test('it counts from the first day, and to this moment', () => {
  expect(year({ proofs: [] }).longestGap).toEqual({
    ...{ from: '2025-12-31T23:00:00.000Z', until: NOW.toISOString(), days: 35.5 },
  })
  expect(year({ proofs: [], now: new Date('2025-12-01T00:00:00Z') }).longestGap).toBeNull()
})

test('recovery times are those of proofs that hold', () => {
  expect(year().recovery).toEqual({ least: 60, median: 90, most: 300, last: 300 })
  expect(year({ proofs: [] }).recovery).toBeNull()
})

test('every place from which was restored has its own figures, the archive first', () => {
  expect(year().places).toEqual([
    { name: 'archive', secondCopy: false, proven: 2, failed: 1, lastProven: '2026-01-09T02:00:00.000Z' },
    { name: 'nas', secondCopy: true, proven: 1, failed: 0, lastProven: '2026-01-30T02:00:00.000Z' },
  ])
  expect(year().oldestProvenHours).toBe(3)
})

test('of the periods that are over it is said in how many a copy is there', () => {
  const nights = ['01-31', '02-01', '02-02', '02-03'].map((day) => snapshot(`2026-${day}T01:00:00.000Z`))
  const refused = snapshot('2026-02-04T01:00:00.000Z', { refused: 'DUMP_EMPTY' })
  const today = snapshot('2026-02-05T01:00:00.000Z', { hold: 'audit', provenAt: '2026-02-05T02:00:00.000Z' })
  const { retention, kept } = year({ snapshots: [...nights, refused, today] })

  expect(retention).toEqual([
    { period: 'day', wanted: 7, found: 4 },
    { period: 'week', wanted: 4, found: 1 },
    { period: 'month', wanted: 2, found: 1 },
  ])
  expect(kept).toEqual({
    ...{ snapshots: 6, counting: 5, proven: 1, held: 1 },
    ...{ oldest: '2026-01-31T01:00:00.000Z', newest: '2026-02-05T01:00:00.000Z' },
  })
})
