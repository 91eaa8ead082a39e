import type { Snapshot } from './snapshot.ts'

export interface Taken {
  readonly tables: number
  readonly dumpBytes: number
}

const isFarSmaller = (dumpBytes: number, before: Snapshot): boolean => dumpBytes * 2 < before.bytes.dump

/**
 * The snapshot that a new one is compared with: the newest proven one, while there is none the newest that counts. One that
 * is far smaller and counts all the same somebody has accepted: from there on it is the measure. What a restore puts aside
 * is taken as it is, and is no measure of anything.
 * @param snapshots oldest first
 */
export function yardstick(snapshots: readonly Snapshot[]): Snapshot | undefined {
  let found: Snapshot | undefined
  for (const snapshot of snapshots) {
    if (snapshot.refused !== null || snapshot.kind === 'pre-restore') continue
    const isProven = snapshot.provenAt !== null
    if (!found?.provenAt || isProven || isFarSmaller(snapshot.bytes.dump, found)) found = snapshot
  }
  return found
}

/**
 * Why a dump that came to its end does not count all the same: programs end well that were given an empty database, or
 * another one. Null: it may be what it says.
 */
export function implausible({ tables, dumpBytes }: Taken, before: Snapshot | undefined): string | null {
  if (!before) return null
  if (tables === 0 && dumpBytes < before.bytes.dump) return 'DUMP_EMPTY'
  return isFarSmaller(dumpBytes, before) ? 'DUMP_TOO_SMALL' : null
}

const MIB = 2 ** 20
/** What the engine needs beside the data: its index, packs half written, the manifest. */
const LEAST = 64 * MIB

/** Compressed, at most; measured on data that compresses badly. */
const FIRST_SHARE = 0.6
const LATER_SHARE = 0.15

/**
 * How much room a snapshot may take, in bytes; more than it does, as a rule.
 * @param databaseBytes on the disk
 */
export function roomNeeded(
  { databaseBytes, documentBytes }: { databaseBytes: number; documentBytes: number },
  before: Snapshot | undefined,
): number {
  const first = databaseBytes * FIRST_SHARE + documentBytes
  if (!before) return Math.ceil(LEAST + first)
  const grown = Math.max(0, documentBytes - before.bytes.documents)
  const later = Math.max(2 * before.bytes.added, databaseBytes * LATER_SHARE) + grown
  return Math.ceil(LEAST + Math.min(first, later))
}
