import { expect, test } from 'vitest'
import { implausible, roomNeeded, yardstick } from './plausible.ts'
import { markChecked, partDue, READ_PARTS, type Readings, readSince, withReading } from './reading-back.ts'
import type { Snapshot } from './snapshot.ts'

const MIB = 2 ** 20

const snapshot = (hour: number, changes: Partial<Snapshot> = {}): Snapshot => ({
  run: `20261122T${String(hour).padStart(2, '0')}0000Z-000000`,
  at: `2026-11-22T${String(hour).padStart(2, '0')}:00:00.000Z`,
  ...{ kind: 'scheduled', hold: null, release: { name: 'erp', version: '7.0.30' } },
  ...{ parts: { database: 'd', files: 'f', manifest: 'm' }, manifest: '0'.repeat(64), seconds: 60 },
  bytes: { dump: 1000, documents: 100, added: 10 },
  ...{ refused: null, checkedAt: null, provenAt: null },
  ...changes,
})
const sized = (dump: number) => ({ bytes: { dump, documents: 100, added: 10 } })

test('a new one is compared with the newest that was proven, before any with the newest that counts', () => {
  const proven = snapshot(1, { provenAt: '2026-11-22T02:00:00.000Z' })
  expect(yardstick([proven, snapshot(3), snapshot(4, { refused: 'DUMP_EMPTY' })])).toBe(proven)
  expect(yardstick([snapshot(3), snapshot(4, { refused: 'SUSPECT' })])?.run).toBe(snapshot(3).run)
  expect(yardstick([])).toBeUndefined()
})

test('small steps downwards, each more than half of the one before, do not slip past a proven one', () => {
  const before = [snapshot(1, { provenAt: '2026-11-22T02:00:00.000Z' }), snapshot(3, sized(600))]
  expect(implausible({ tables: 5, dumpBytes: 400 }, yardstick(before))).toBe('DUMP_TOO_SMALL')
})

test('once somebody has accepted a much smaller one, the nights after it are measured by that', () => {
  const proven = snapshot(1, { provenAt: '2026-11-22T02:00:00.000Z' })
  const accepted = snapshot(3, sized(300))
  expect(implausible({ tables: 5, dumpBytes: 310 }, yardstick([proven, accepted]))).toBeNull()
  expect(implausible({ tables: 5, dumpBytes: 140 }, yardstick([proven, accepted]))).toBe('DUMP_TOO_SMALL')
  // What a restore puts aside may be what a wrong statement left.
  const aside = { ...accepted, kind: 'pre-restore' } as const
  expect(implausible({ tables: 5, dumpBytes: 310 }, yardstick([proven, aside]))).toBe('DUMP_TOO_SMALL')
})

test.each([
  [{ tables: 5, dumpBytes: 500 }, null],
  [{ tables: 5, dumpBytes: 499 }, 'DUMP_TOO_SMALL'],
  [{ tables: 0, dumpBytes: 900 }, 'DUMP_EMPTY'],
  [{ tables: 0, dumpBytes: 1000 }, null],
  [{ tables: 5, dumpBytes: 9000 }, null],
])('%j after one of 1000 bytes: %s', (taken, code) => {
  expect(implausible(taken, snapshot(1))).toBe(code)
})

test('the first one of all is taken as it is', () => {
  expect(implausible({ tables: 0, dumpBytes: 10 }, undefined)).toBeNull()
})

test('the first snapshot may take most of what there is, a later one what the last one took and what came since', () => {
  const size = { databaseBytes: 1000 * MIB, documentBytes: 300 * MIB }
  expect(roomNeeded(size, undefined)).toBeGreaterThan(800 * MIB)
  const later = snapshot(1, { bytes: { dump: 900 * MIB, documents: 290 * MIB, added: 20 * MIB } })
  expect(roomNeeded(size, later)).toBeLessThan(300 * MIB)
  expect(roomNeeded({ ...size, documentBytes: 5000 * MIB }, later)).toBeGreaterThan(4000 * MIB)
})

const at = (day: number) => new Date(`2026-11-${String(day).padStart(2, '0')}T02:00:00.000Z`)

test('a week of nights reads everything, and a missed night costs a day and no part', () => {
  let readings: Readings = {}
  const parts: number[] = []
  for (const day of [1, 2, 3, 5, 6, 9, 10]) {
    parts.push(partDue(readings))
    readings = withReading(readings, partDue(readings), at(day))
  }
  expect(parts.toSorted()).toEqual(Array.from({ length: READ_PARTS }, (_, index) => index + 1))
  expect(readSince(readings)).toEqual(at(1))
  expect(partDue(readings)).toBe(parts[0])
})

test('a snapshot was read back when everything was read since it was made', () => {
  const readings = withReading(withReading({}, null, at(22)), 3, at(23))
  const [during, before, refused] = markChecked(
    [snapshot(2), snapshot(1), snapshot(1, { refused: 'SUSPECT' })],
    readings,
  )
  expect([before?.checkedAt, during?.checkedAt, refused?.checkedAt]).toEqual([at(22).toISOString(), null, null])
  expect(markChecked([snapshot(1)], withReading({}, 3, at(23)))[0]?.checkedAt).toBeNull()
})
