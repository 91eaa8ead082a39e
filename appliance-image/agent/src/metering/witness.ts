import type { Queryable } from '@domicile/license/instruments'

/**
 * The database remembers how far the ledger was. Files that are put back to an earlier state by themselves are behind what
 * it has seen; a database that was put back by itself has not seen what the files say. Numbers only, one row.
 */
export interface Seen {
  /** Of the record: hash of its first line, its length, and the hash of the last line. */
  readonly genesis: string
  readonly length: number
  readonly head: string
  /** Of the samples: UTC day, how many lines, and the digits of the last. */
  readonly day: string
  readonly lines: number
  readonly digits: string
  /** Licence time, ISO 8601. */
  readonly at: string
}

const TABLE = `CREATE TABLE IF NOT EXISTS domicile.witness (
    one pg_catalog.bool PRIMARY KEY DEFAULT true CHECK (one),
    genesis pg_catalog.text NOT NULL,
    length pg_catalog.int4 NOT NULL,
    head pg_catalog.text NOT NULL,
    day pg_catalog.text NOT NULL,
    lines pg_catalog.int4 NOT NULL,
    digits pg_catalog.text NOT NULL,
    at pg_catalog.text NOT NULL
  ) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.2)`

/** Makes the table where there is none. */
export async function prepareWitness(database: Queryable): Promise<void> {
  const { rows } = await database.query<{ found: boolean }>(
    "SELECT pg_catalog.to_regclass('domicile.witness') IS NOT NULL AS found",
  )
  if (rows[0]?.found) return
  await database.query('CREATE SCHEMA IF NOT EXISTS domicile')
  await database.query(TABLE)
}

export async function readWitness(database: Queryable): Promise<Seen | null> {
  const { rows } = await database.query<Seen>(
    'SELECT genesis, length, head, day, lines, digits, at FROM domicile.witness',
  )
  return rows[0] ?? null
}

/** Nobody waits for its commit to be on the disk: one that a power cut takes with it says less, and nothing wrong. */
const WRITE = `WITH soon AS (SELECT pg_catalog.set_config('synchronous_commit', 'off', true))
  INSERT INTO domicile.witness (genesis, length, head, day, lines, digits, at) SELECT $1, $2, $3, $4, $5, $6, $7 FROM soon
  ON CONFLICT (one) DO UPDATE SET (genesis, length, head, day, lines, digits, at) =
    (excluded.genesis, excluded.length, excluded.head, excluded.day, excluded.lines, excluded.digits, excluded.at)`

export async function writeWitness(database: Queryable, seen: Seen): Promise<void> {
  const { genesis, length, head, day, lines, digits, at } = seen
  await database.query(WRITE, [genesis, length, head, day, lines, digits, at])
}

/** The files as they are. */
export interface Held {
  readonly genesis: string
  /** Whether the record has this line. */
  contains(length: number, head: string): boolean
  /** Whether the samples of a day have a line with these digits; null: there is no such file. */
  hasSample(day: string, line: number, digits: string): boolean | null
  readonly sealed: ReadonlySet<string>
  /** When the database was last seen to answer, as the samples say; null: they do not. */
  readonly knownAt: Date | null
}

/** Between a sample and the witness of it there may be a crash; a database loses no more than that by itself. */
const BEHIND_MS = 10 * 60_000

export type Contradiction =
  | { readonly kind: 'put-back'; readonly code: 'RECORD_PUT_BACK' | 'SAMPLES_PUT_BACK'; readonly day: string }
  /** Instants; `to` null: it remembers nothing of this installation. */
  | { readonly kind: 'database-put-back'; readonly from: string; readonly to: string | null }

/** What the database remembers and the files do not say, and the other way round. */
export function contradictions(seen: Seen | null, held: Held): Contradiction[] {
  const putBack = (to: string | null): Contradiction[] =>
    held.knownAt ? [{ kind: 'database-put-back', from: held.knownAt.toISOString(), to }] : []
  if (seen === null || seen.genesis !== held.genesis) return putBack(null)
  const { length, head, day, lines, digits, at } = seen
  const sample = held.hasSample(day, lines, digits)
  const sampleGone = sample === false || (sample === null && !held.sealed.has(day))
  const behind = held.knownAt !== null && held.knownAt.getTime() - Date.parse(at) > BEHIND_MS
  return [
    ...(held.contains(length, head) ? [] : [{ kind: 'put-back', code: 'RECORD_PUT_BACK', day } as const]),
    ...(sampleGone ? [{ kind: 'put-back', code: 'SAMPLES_PUT_BACK', day } as const] : []),
    ...(behind ? putBack(at) : []),
  ]
}
