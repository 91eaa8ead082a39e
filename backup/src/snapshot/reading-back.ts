import * as z from 'zod/mini'
import type { Snapshot } from './snapshot.ts'

/**
 * All of the archive is read once a week, a seventh a night. What has been read, and when: by part, 1 to 7. A snapshot has
 * been read back when each part was read since it was made.
 */
export const READ_PARTS = 7
export const readingsSchema = z.record(z.string().check(z.regex(/^[1-7]$/)), z.iso.datetime())
export type Readings = z.infer<typeof readingsSchema>

/** The part whose turn it is: the one that was read the longest ago, so that a missed night costs a day and no part. */
export function partDue(readings: Readings): number {
  const parts = Array.from({ length: READ_PARTS }, (_, index) => index + 1)
  const at = (part: number) => Date.parse(readings[part] ?? '') || 0
  return parts.reduce((oldest, part) => (at(part) < at(oldest) ? part : oldest), 1)
}

/** @param part one of 1 to 7; null: all */
export function withReading(readings: Readings, part: number | null, now: Date): Readings {
  const parts = part === null ? Array.from({ length: READ_PARTS }, (_, index) => index + 1) : [part]
  return { ...readings, ...Object.fromEntries(parts.map((one) => [one, now.toISOString()])) }
}

/** Since when everything has been read: the oldest of the readings; null: some part was never read. */
export function readSince(readings: Readings): Date | null {
  const times = Array.from({ length: READ_PARTS }, (_, index) => Date.parse(readings[index + 1] ?? ''))
  return times.some(Number.isNaN) ? null : new Date(Math.min(...times))
}

/** The same snapshots with when they were read back, after a reading that found nothing. */
export function markChecked(snapshots: readonly Snapshot[], readings: Readings): Snapshot[] {
  const since = readSince(readings)
  if (since === null) return [...snapshots]
  return snapshots.map((snapshot) => {
    const made = Date.parse(snapshot.at) + snapshot.seconds * 1000
    return made <= since.getTime() && snapshot.refused === null
      ? { ...snapshot, checkedAt: since.toISOString() }
      : snapshot
  })
}
