import { runIdAt, type Snapshot } from './snapshot/index.ts'

let made = 0

/** A good scheduled snapshot of that instant, like none other; `change` says what is different about it. */
export function snapshotAt(at: Date | string, change: Partial<Snapshot> = {}): Snapshot {
  made += 1
  const digits = made.toString(16).padStart(6, '0').slice(-6)
  const instant = new Date(at)
  return {
    run: runIdAt(instant, digits),
    at: instant.toISOString(),
    kind: 'scheduled',
    hold: null,
    release: { name: 'guestbook', version: '1.0.0' },
    parts: { database: `d${digits}`, files: `f${digits}`, manifest: `m${digits}` },
    manifest: digits.padStart(64, '0'),
    bytes: { dump: 1_600_000_000, documents: 300_000_000, added: 15_000_000 },
    seconds: 26.2,
    refused: null,
    checkedAt: null,
    provenAt: null,
    ...change,
  }
}
