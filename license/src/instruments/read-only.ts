import type { Writable } from '../manifest.ts'
import { beginChange, type Database, type Queryable } from './database.ts'
import { closeSchema, prepareSchema } from './own-schema.ts'
import { givings, isOfApp, possible, readOnlyRights, takings, type Wanted, withDefaults } from './read-only-rules.ts'
import { carryOut, type Holder, type Right, type Roles, readHolders, readRoles } from './rights.ts'

/**
 * Read-only standing: the application's role loses the right to write, in one transaction, and gets back exactly what it
 * had. The rights that were there are kept in the application's database, where they are as safe as the tables themselves.
 * The owner of the tables keeps its rights: foreign keys are checked as the owner.
 */

export interface ReadOnlyPlace {
  /** The role that owns the application's tables. */
  readonly owner: string
  /** The role that the application logs in as. */
  readonly app: string
  /** Where the tables are that `writable` names; `public` unless said otherwise. */
  readonly schema?: string
}

interface Kept {
  readonly kind: Holder['kind']
  readonly schema: string
  readonly name: string
  readonly oid: string
  readonly rights: readonly Right[]
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS domicile.acl (
    kind pg_catalog.text NOT NULL,
    schema pg_catalog.text NOT NULL,
    name pg_catalog.text NOT NULL,
    -- By which a table is known again that was renamed.
    object pg_catalog.oid NOT NULL,
    rights pg_catalog.jsonb NOT NULL,
    PRIMARY KEY (kind, schema, name)
  )`,
  // One row while the appliance is read-only, none otherwise.
  `CREATE TABLE IF NOT EXISTS domicile.read_only (
    one pg_catalog.bool PRIMARY KEY DEFAULT true CHECK (one),
    since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
  )`,
]

/**
 * Takes the right to write from the application but for `writable`. Holds from its next statement on; what is being written
 * is finished. Any number of times: what was made or given meanwhile is brought in line.
 * @returns whether it was not read-only before
 */
export async function makeReadOnly(
  db: Database,
  { owner, app, schema = 'public', writable }: ReadOnlyPlace & { writable: Writable },
): Promise<boolean> {
  return db.transaction(async (session) => {
    await prepareReadOnly(session)
    const roles = await readRoles(session, owner, app)
    const { rowCount } = await session.query('INSERT INTO domicile.read_only DEFAULT VALUES ON CONFLICT DO NOTHING')
    await keepRights(session, roles)
    await align(session, roles, {
      wanted: (before) => ({ ...before, rights: readOnlyRights(roles, before, writable, schema) }),
      gives: (right) => isOfApp(roles, right),
    })
    return rowCount === 1
  })
}

/**
 * Gives back what was there, to whom it was, as it was given. Tables made meanwhile get what they would have got.
 * @returns whether it was read-only before
 */
export async function makeWritable(db: Database, { owner, app }: ReadOnlyPlace): Promise<boolean> {
  return db.transaction(async (session) => {
    await prepareReadOnly(session)
    const { rowCount } = await session.query('DELETE FROM domicile.read_only')
    if (rowCount === 0) return false
    const roles = await readRoles(session, owner, app)
    await keepRights(session, roles)
    await align(session, roles, { wanted: (before) => before, gives: () => true })
    await session.query('DELETE FROM domicile.acl')
    return true
  })
}

/** Several at once take turns: the table of rights is locked. */
async function prepareReadOnly(session: Queryable): Promise<void> {
  await beginChange(session)
  await session.query("SET LOCAL client_min_messages = 'warning'")
  await prepareSchema(session)
  for (const table of TABLES) await session.query(table)
  await closeSchema(session)
  await session.query('LOCK TABLE domicile.acl IN EXCLUSIVE MODE')
}

/** Keeps the rights of everything whose rights are not kept yet. */
async function keepRights(session: Queryable, roles: Roles): Promise<void> {
  const kept = await readKept(session)
  const known = pair(await readHolders(session, roles), kept)
  const defaults = known.flatMap(({ holder, kept: before }) =>
    before && holder.kind === 'default' ? [{ holder, rights: before.rights }] : [],
  )
  const added = known
    .filter(({ kept: before }) => before === undefined)
    .map(({ holder }) => ({ ...holder, rights: withDefaults(holder, defaults, roles.owner) }))
  await session.query(
    `INSERT INTO domicile.acl (kind, schema, name, object, rights)
     SELECT a.kind, a.schema, a.name, a.oid, a.rights
       FROM pg_catalog.jsonb_to_recordset($1) AS a (kind text, schema text, name text, oid oid, rights jsonb)
     ON CONFLICT (kind, schema, name) DO NOTHING`,
    [JSON.stringify(added)],
  )
}

/** Brings the rights that are there in line with those that are wanted; what depends on another right comes after it. */
async function align(
  session: Queryable,
  roles: Roles,
  { wanted, gives }: { wanted: (before: Wanted) => Wanted; gives: (right: Right) => boolean },
): Promise<void> {
  const kept = await readKept(session)
  const look = async () =>
    pair(await readHolders(session, roles), kept, roles.owner).flatMap(({ holder, kept: before }) => {
      if (!before) return []
      const all = wanted({ holder, rights: before.rights })
      return [{ holder, rights: possible(roles, all) }]
    })
  await carryOut(
    session,
    roles,
    (await look()).flatMap((one) => takings(roles, one)),
  )
  for (let round = 0; round < ROUNDS; round++) {
    const changes = (await look()).flatMap(givings).filter(({ right }) => gives(right))
    if (changes.length === 0) return
    await carryOut(session, roles, changes)
  }
}

/** As many as people hand rights on from one to the next. */
const ROUNDS = 8

async function readKept(session: Queryable): Promise<Kept[]> {
  const { rows } = await session.query<Kept>('SELECT kind, schema, name, object::text AS oid, rights FROM domicile.acl')
  return rows
}

/**
 * What is there, each with what was kept of it: by name, since a restored database numbers its tables anew; by number where
 * the name is gone. Default privileges that PostgreSQL no longer has a row for are there, empty.
 */
function pair(holders: readonly Holder[], kept: readonly Kept[], owner?: string) {
  const byName = new Map(kept.map((one) => [JSON.stringify([one.kind, one.schema, one.name]), one]))
  const named = (one: Holder) => byName.get(JSON.stringify([one.kind, one.schema, one.name]))
  const found = new Set(holders.map(named))
  const byNumber = new Map(kept.filter((one) => !found.has(one)).map((one) => [`${one.kind} ${one.oid}`, one]))
  const emptied = kept
    .filter((one) => one.kind === 'default' && !found.has(one))
    .map((one): Holder => ({ ...one, oid: '0', owner: owner ?? '', columns: [], rights: [] }))
  return [...holders, ...emptied].map((holder) => ({
    holder,
    kept: named(holder) ?? byNumber.get(`${holder.kind} ${holder.oid}`),
  }))
}
