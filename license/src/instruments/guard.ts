import type { GuardedUsers } from '../manifest.ts'
import { asRole, beginChange, type Database, identifier, type Queryable, qualified } from './database.ts'
import { CREATE_GUARD_FUNCTION, counted, guardTriggers } from './guard-triggers.ts'
import { closeSchema, prepareSchema } from './own-schema.ts'

/**
 * The limit on named users, held by the application's own database. Only the step from inactive to active is ever refused,
 * with SQLSTATE `DL001` and a message that begins `LICENCE_USERS: `; whoever is active stays so, whatever the limit.
 */

export interface GuardPlace {
  /** The role that owns the application's tables. */
  readonly owner: string
  /** Where the users' table is; `public` unless said otherwise. */
  readonly schema?: string
}

export interface GuardUsage {
  readonly used: number
  /** Null: no limit. */
  readonly allowed: number | null
}

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS domicile.guard (
  name pg_catalog.text PRIMARY KEY,
  -- Null while no triggers keep it.
  used pg_catalog.int8,
  allowed pg_catalog.int8,
  message pg_catalog.text NOT NULL DEFAULT '{used} of {allowed} named users are active.'
)`

/**
 * Installs or renews the guard: after the application's migrations, any number of times. Nobody becomes active or inactive
 * by it. A limit that was set before is in force from the moment this commits.
 * @throws 55P03 when the users' table is locked for more than some seconds; 42P01, 42703 when table or column are missing
 */
export async function installGuard(db: Database, spec: GuardedUsers, { owner, schema = 'public' }: GuardPlace) {
  const table = qualified(schema, spec.table)
  await db.transaction(async (session) => {
    await beginChange(session)
    await prepareGuard(session)
    await session.query(CREATE_GUARD_FUNCTION)
    // Rights for as long as this transaction: PostgreSQL asks for them when a trigger is made, not when it fires.
    await session.query(`GRANT USAGE ON SCHEMA domicile TO ${identifier(owner)}`)
    await session.query(`GRANT EXECUTE ON FUNCTION domicile.guard() TO ${identifier(owner)}`)
    const used = await asRole(session, owner, async () => {
      // From here on nobody changes users until all is in place; reading goes on.
      await session.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
      for (const { name, create } of guardTriggers(spec)) {
        await session.query(create(table))
        await session.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`)
      }
      return countUsers(session, spec, schema)
    })
    await session.query(
      `INSERT INTO domicile.guard (name, used) VALUES ('users', $1) ON CONFLICT (name) DO UPDATE SET used = excluded.used`,
      [used],
    )
    await closeSchema(session)
  })
}

/** Takes the guard out, before migrations: the application's tables are its own again. The limit is kept for the next time. */
export async function removeGuard(db: Database, spec: GuardedUsers, { owner, schema = 'public' }: GuardPlace) {
  await db.transaction(async (session) => {
    await beginChange(session)
    if (await exists(session, schema, spec.table)) {
      const table = qualified(schema, spec.table)
      await asRole(session, owner, async () => {
        for (const { name } of guardTriggers(spec)) await session.query(`DROP TRIGGER IF EXISTS ${name} ON ${table}`)
      })
    }
    // A renamed table, or the table that an earlier manifest named, may still have them.
    await session.query('DROP FUNCTION IF EXISTS domicile.guard() CASCADE')
    if (await exists(session, 'domicile', 'guard')) await session.query('UPDATE domicile.guard SET used = NULL')
  })
}

/**
 * Sets how many users may be active; null: any number. A limit below what is used refuses new activations and nothing else.
 * @param message what a person reads who is refused; `{used}` and `{allowed}` are filled in
 * @returns whether that is a change
 */
export async function setAllowed(db: Database, allowed: number | null, message: string): Promise<boolean> {
  return db.transaction(async (session) => {
    await beginChange(session)
    await prepareGuard(session)
    const { rowCount } = await session.query(
      `INSERT INTO domicile.guard AS g (name, allowed, message) VALUES ('users', $1, $2)
       ON CONFLICT (name) DO UPDATE SET allowed = excluded.allowed, message = excluded.message
       WHERE (g.allowed, g.message) IS DISTINCT FROM (excluded.allowed, excluded.message)`,
      [allowed, message],
    )
    await closeSchema(session)
    return rowCount === 1
  })
}

/** Null while no guard is installed. */
export async function guardUsage(db: Queryable): Promise<GuardUsage | null> {
  if (!(await exists(db, 'domicile', 'guard'))) return null
  const { rows } = await db.query<{ used: string | null; allowed: string | null }>(
    "SELECT used, allowed FROM domicile.guard WHERE name = 'users'",
  )
  const row = rows[0]
  if (!row || row.used === null) return null
  return { used: Number(row.used), allowed: row.allowed === null ? null : Number(row.allowed) }
}

/** How many users count as active now, as the table itself says. Needs a role that may read it. */
export async function countUsers(session: Queryable, spec: GuardedUsers, schema: string): Promise<number> {
  const { rows } = await session.query<{ count: string }>(
    `SELECT pg_catalog.count(*) AS count FROM ${qualified(schema, spec.table)} AS u WHERE ${counted('u', spec)}`,
  )
  return Number(rows[0]?.count)
}

async function prepareGuard(session: Queryable): Promise<void> {
  await prepareSchema(session)
  await session.query(CREATE_TABLE)
}

async function exists(session: Queryable, schema: string, table: string): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, table],
  )
  return rows.length > 0
}
