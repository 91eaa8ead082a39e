import type { Database, Queryable } from './database.ts'
import { SEATS_SCHEMA } from './seats-schema.ts'

/**
 * Seats of the people who work now, in the database `domicile`. Never one too many, whoever comes at once; whoever works is
 * never sent away, whatever becomes of the limit. Time is the database's.
 */

/** `people`, the `reserved` ones for administrators, and those of `services` beside them. */
export type Pool = 'people' | 'reserved' | 'services'

export interface Pools {
  /** `max` seats, of which `reserved` are kept for administrators. */
  readonly people: { readonly max: number; readonly reserved: number }
  readonly services: { readonly max: number }
}

export interface Seat {
  readonly pool: Pool
  readonly slot: number
  /** Instant at which its holder got it. */
  readonly since: string
}

export interface PoolUse {
  readonly pool: Pool
  /** Seats that the limit gives it. */
  readonly size: number
  readonly held: number
  /** When the first of the held seats is free again unless its holder does something; null: none is held. */
  readonly freeAt: string | null
}

/** Makes the tables and functions, or renews them; nobody loses a seat. */
export async function prepareSeats(db: Database): Promise<void> {
  await db.transaction(async (session) => {
    // Two at once would trip over each other's CREATE … IF NOT EXISTS.
    await session.query('SELECT pg_catalog.pg_advisory_xact_lock(7276811)')
    await session.query("SET LOCAL client_min_messages = 'warning'")
    for (const statement of SEATS_SCHEMA) await session.query(statement)
  })
}

/**
 * Sets how many seats there are. Whoever has one keeps it; nobody new gets in while as many are held as there may be.
 * @throws RangeError when more are reserved than there are
 */
export async function setPools(db: Queryable, { people, services }: Pools): Promise<void> {
  const sizes = [people.reserved, people.max - people.reserved, services.max]
  if (sizes.some((size) => !Number.isInteger(size) || size < 0))
    throw new RangeError(
      `${people.max} seats for people, ${people.reserved} of them reserved, ${services.max} for services`,
    )
  await db.query('SELECT domicile.set_pools($1, $2, $3)', [
    ['reserved', 'people', 'services'],
    ['people', 'people', 'services'],
    sizes,
  ])
}

/**
 * A seat from the first of the pools that has one. Whoever holds one already keeps it and is as if new.
 * @param request `holder`: 32 bytes, which say nobody's name; `idleSeconds`: after so long without renewal it is free again
 * @returns null when all are taken
 * @throws RangeError when the holder is not of 32 bytes
 */
export async function acquire(
  db: Queryable,
  { holder, pools, idleSeconds }: { holder: Uint8Array; pools: readonly Pool[]; idleSeconds: number },
): Promise<Seat | null> {
  if (holder.length !== 32) throw new RangeError(`a holder of ${holder.length} bytes instead of 32`)
  const ask = async (name: 'acquire' | 'acquire_in_turn') => {
    const { rows } = await db.query<{ pool: Pool | null; slot: number; since: Date }>(
      `SELECT pool, slot, since FROM domicile.${name}($1, $2, $3)`,
      [Buffer.from(holder), pools, idleSeconds],
    )
    return rows[0]?.pool ? { pool: rows[0].pool, slot: rows[0].slot, since: instant(rows[0].since) } : null
  }
  try {
    return (await ask('acquire')) ?? (await ask('acquire_in_turn'))
  } catch (error) {
    if (!isTaken(error)) throw error
    return ask('acquire_in_turn')
  }
}

/** The same holder came twice at the same time and the other was first: now there is a seat to find. */
const isTaken = (error: unknown) => (error as { code?: string }).code === '23505'

/**
 * Keeps the seats of those who have done something since, in one statement.
 * @returns how many of them still had one
 */
export async function renew(db: Queryable, holders: readonly Uint8Array[], idleSeconds: number): Promise<number> {
  if (holders.length === 0) return 0
  const { rows } = await db.query<{ renew: number }>(
    'SELECT domicile.renew($1, pg_catalog.make_interval(secs => $2))',
    [holders.map((holder) => Buffer.from(holder)), idleSeconds],
  )
  return rows[0]?.renew ?? 0
}

/** @returns whether there was a seat to give back */
export async function release(db: Queryable, holder: Uint8Array): Promise<boolean> {
  const { rows } = await db.query<{ release: boolean }>('SELECT domicile.release($1)', [Buffer.from(holder)])
  return rows[0]?.release === true
}

/** Frees what has expired. @returns how many */
export async function cull(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ cull: number }>('SELECT domicile.cull()')
  return rows[0]?.cull ?? 0
}

/** How many work now, by pool. Seats that have expired count as free. */
export async function liveSeats(db: Queryable): Promise<PoolUse[]> {
  const { rows } = await db.query<{ pool: Pool; size: number; held: string; free_at: Date | null }>(
    `SELECT o.name AS pool, o.size, pg_catalog.count(s.slot) AS held, pg_catalog.min(s.until) AS free_at
       FROM domicile.pool o LEFT JOIN domicile.seat s ON s.pool = o.name AND s.until > pg_catalog.clock_timestamp()
      GROUP BY o.name, o.size ORDER BY o.name`,
  )
  return rows.map(({ pool, size, held, free_at }) => ({
    pool,
    size,
    held: Number(held),
    freeAt: free_at === null ? null : instant(free_at),
  }))
}

/** Everybody who has a seat now, and for how many seconds more unless they do something. */
export async function heldSeats(
  db: Queryable,
): Promise<{ readonly holder: Uint8Array; readonly pool: Pool; readonly secondsLeft: number }[]> {
  const { rows } = await db.query<{ holder: Buffer; pool: Pool; left: number }>(
    `SELECT s.holder, s.pool, (pg_catalog.date_part('epoch', s.until - pg_catalog.clock_timestamp()))::pg_catalog.float8 AS left
       FROM domicile.seat s WHERE s.until > pg_catalog.clock_timestamp()`,
  )
  return rows.map(({ holder, pool, left }) => ({ holder, pool, secondsLeft: left }))
}

/** Gives everybody the time that was lost because we did not look: before the first `cull` after an outage of ours. */
export async function extendAll(db: Queryable, seconds: number): Promise<void> {
  await db.query('SELECT domicile.extend(pg_catalog.make_interval(secs => $1))', [seconds])
}

const instant = (value: Date | string): string => new Date(value).toISOString()
