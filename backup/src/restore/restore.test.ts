import { describe, expect, test } from 'vitest'
import {
  afterInterruption,
  afterSwitch,
  durationText,
  forecast,
  idleSide,
  lostBetween,
  PHASES,
  type Phase,
  type Restore,
  refuseWhileWaiting,
  requireSpace,
  restoreSchema,
  sideInUse,
} from './index.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20
const before = { postgres: 'erp_postgres', filestore: 'erp_filestore' }
const after = { postgres: 'erp_postgres_2', filestore: 'erp_filestore_2' }
const restore = (phase: Phase, switchedAt: string | null = null): Restore => ({
  ...{ format: 1, id: '20261122T131500Z-abcdef', at: '2026-11-22T01:30:00Z', phase, before, after },
  source: { run: '20261122T013000Z-3f9a1c', instant: null },
  ...{ settings: null, preRestore: null, beganAt: '2026-11-22T13:15:00Z', switchedAt },
})

describe('what an interruption leaves', () => {
  test.each([
    ['beside', null, before, 'discard'],
    // Killed before the pointers were written: nothing was switched.
    ['switching', null, before, 'discard'],
    ['switching', null, after, 'go-on'],
    // Killed on the way back: the restored side was in use once, and is somebody's work.
    ['switching', '2026-11-22T13:16:00Z', before, 'go-on'],
    ['switching', '2026-11-22T13:16:00Z', after, 'go-on'],
    ['switched', '2026-11-22T13:16:00Z', after, 'wait'],
    ['undone', '2026-11-22T13:16:00Z', before, 'wait'],
    ['removing', '2026-11-22T13:16:00Z', after, 'remove'],
  ] as const)('%s', (phase, switchedAt, inUse, settling) => {
    expect(afterInterruption(restore(phase, switchedAt), inUse)).toBe(settling)
  })

  test('never is something discarded that runs', () => {
    for (const phase of PHASES)
      for (const switchedAt of [null, '2026-11-22T13:16:00Z'])
        if (afterInterruption(restore(phase, switchedAt), after) === 'discard') expect(phase).toBe('beside')
  })
})

describe('sides', () => {
  test('are told by all of their volumes together', () => {
    expect(sideInUse(restore('switched'), after)).toBe('after')
    expect(sideInUse(restore('switched'), before)).toBe('before')
    expect(sideInUse(restore('switched'), { ...before, filestore: 'erp_filestore_2' })).toBe('mixed')
  })

  test('only the one that does not run is removed', () => {
    expect(idleSide(restore('switched'), after)).toEqual(before)
    expect(idleSide(restore('undone'), before)).toEqual(after)
    expect(() => idleSide(restore('switched'), { ...after, postgres: 'other' })).toThrow('neither the side')
  })

  test('a switch ends where it led to', () => {
    expect([afterSwitch('after'), afterSwitch('before')]).toEqual(['switched', 'undone'])
  })
})

test('one restore waits at a time', () => {
  expect(() => refuseWhileWaiting(undefined)).not.toThrow()
  expect(() => refuseWhileWaiting(restore('beside'))).not.toThrow()
  expect(() => refuseWhileWaiting(restore('switched'))).toThrow(expect.objectContaining({ code: 'RESTORE_WAITS' }))
  expect(() => refuseWhileWaiting(restore('undone'))).toThrow(expect.objectContaining({ code: 'RESTORE_WAITS' }))
})

test('a record names volumes and nothing else', () => {
  expect(restoreSchema.safeParse(restore('beside')).success).toBe(true)
  for (const name of ['', '../etc', '/var/lib', 'a b', '-rf'])
    expect(restoreSchema.safeParse({ ...restore('beside'), after: { postgres: name } }).success).toBe(false)
})

describe('the forecast', () => {
  const manifest = (databaseBytes: number, files = 0, documentBytes = 0) => ({
    database: { ...EMPTY, bytes: databaseBytes, dumpBytes: databaseBytes },
    documents: [{ volume: 'filestore', files, bytes: documentBytes, list: '0'.repeat(64), unsettled: 0 }],
  })
  const EMPTY = { name: 'erp', version: '17.6', tables: [], sequences: [] }

  test('asks for more than the data has, and for every small file', () => {
    const { bytes } = forecast(manifest(GIB, 100_000, GIB), [])

    expect(bytes.database).toBeGreaterThan(1.2 * GIB)
    expect(bytes.documents).toBe(GIB + 100_000 * 8192)
    expect(bytes.total).toBe(bytes.database + bytes.documents + bytes.wal)
  })

  test('takes its time from what was measured here; the slowest of the last three counts', () => {
    const measured = [
      { bytes: 100 * MIB, seconds: 10_000 },
      { bytes: 100 * MIB, seconds: 30 },
      { bytes: 100 * MIB, seconds: 120 },
      { bytes: 100 * MIB, seconds: 40 },
    ]

    expect(forecast(manifest(200 * MIB), measured)).toMatchObject({ measured: true, seconds: 20 + 200 })
    expect(forecast(manifest(200 * MIB), [])).toMatchObject({ measured: false, seconds: 20 + 8 })
    expect(forecast(manifest(200 * MIB), [{ bytes: 0, seconds: 5 }])).toMatchObject({ measured: false })
  })

  test('refuses before anything is made, and says how much is missing', () => {
    const needed = forecast(manifest(GIB), [])

    expect(() => requireSpace(needed, needed.bytes.total + 512 * MIB)).not.toThrow()
    expect(() => requireSpace(needed, needed.bytes.total + 512 * MIB - 1)).toThrow(
      expect.objectContaining({ code: 'NO_ROOM', kind: 'refused' }),
    )
    expect(() => requireSpace(needed, 0)).toThrow(/free are 0 MiB/)
  })
})

test('what is put aside is said in the two largest units', () => {
  expect(lostBetween('2026-11-20T10:00:00Z', '2026-11-22T13:20:30Z').seconds).toBe(2 * 86_400 + 3 * 3600 + 20 * 60 + 30)
  expect(durationText(2 * 86_400 + 3 * 3600 + 20 * 60)).toBe('2 days 3 hours')
  expect(durationText(3600)).toBe('1 hour')
  expect(durationText(42)).toBe('42 seconds')
  // A clock that was set back loses nothing.
  expect(lostBetween('2026-11-22T13:20:30Z', '2026-11-22T13:00:00Z').seconds).toBe(0)
})
