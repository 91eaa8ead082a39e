import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Snapshot } from '../snapshot/index.ts'
import { explain, policy } from './index.ts'

const TERMS = { days: 7, weeks: 4, months: 2, timeZone: 'Europe/Ljubljana' }
const DAY_MS = 86_400_000

/** A history with everything in it; the number of a snapshot is its line. */
function history(): Pick<Snapshot, 'run' | 'at' | 'kind' | 'hold' | 'refused' | 'provenAt'>[] {
  const one = (at: string, change: Partial<Snapshot> = {}) => ({
    ...{ run: at, at, kind: 'scheduled' as const, hold: null, refused: null, provenAt: null, ...change },
  })
  const nights = Array.from({ length: 70 }, (_, back) =>
    one(new Date(Date.parse('2026-11-21T01:30:00Z') - back * DAY_MS).toISOString()),
  )
  return [
    ...nights.map((night) => (night.at.startsWith('2026-11-18') ? { ...night, provenAt: night.at } : night)),
    one('2026-11-10T13:00:00.000Z', { kind: 'manual' }),
    one('2026-10-05T12:00:00.000Z', { kind: 'manual', hold: 'before the books of 2025 were closed' }),
    one('2026-11-05T20:00:00.000Z', { kind: 'pre-upgrade' }),
    one('2026-11-12T20:00:00.000Z', { kind: 'pre-upgrade' }),
    one('2026-11-12T21:00:00.000Z', { kind: 'pre-restore' }),
    one('2026-11-12T22:00:00.000Z', { refused: 'DUMP_TOO_SMALL' }),
    one('2026-11-16T22:00:00.000Z', { refused: 'SUSPECT' }),
    one('2026-09-20T22:00:00.000Z', { kind: 'final' }),
    one('2031-01-01T00:00:00.000Z'),
  ]
}

const explained = (snapshots: ReturnType<typeof history>) =>
  policy(snapshots, new Date('2026-11-21T02:00:00Z'), TERMS)
    .map((verdict) => `${verdict.run.slice(0, 16)}  ${explain(verdict)}\n`)
    .join('')

test('of every snapshot it is said why it stays or goes', () => {
  expect(explained(history())).toBe(readFileSync(join(import.meta.dirname, 'golden/explained.txt'), 'utf8'))
})

test('while none is proven it is said that none goes', () => {
  const none = history().map((one) => ({ ...one, provenAt: null }))

  expect(
    explained(none)
      .split('\n')
      .filter((line) => line.includes('Goes')),
  ).toEqual([])
  expect(explained(none)).toContain('2026-09-15T01:30  Stays: none is proven yet, so none goes.')
})

test('after a pause it is said for how long the old ones stay', () => {
  const before = history().filter(({ at, kind }) => at < '2026-11-01' && kind === 'scheduled')
  const after = {
    ...(before[0] as (typeof before)[0]),
    run: 'new',
    at: '2026-11-21T01:30:00Z',
    provenAt: '2026-11-21T02:00:00Z',
  }

  expect(explained([...before, after])).toContain(
    '2026-10-26T01:30  Stays: newest of day 2026-10-26, through 2026-11-02; after a pause, until there are 7 new daily copies (1 so far).',
  )
})
