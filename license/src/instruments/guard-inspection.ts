import type { GuardedUsers } from '../manifest.ts'
import { asRole, type Database, type Finding, identifier, type Queryable } from './database.ts'
import { countUsers, type GuardPlace, installGuard } from './guard.ts'
import { decidingColumns, GUARD_BODY, GUARD_CONFIG, guardTriggers } from './guard-triggers.ts'
import { exposedObjects, foreignObjects } from './own-schema.ts'

/** Whether the guard is as it was installed. Root on the server can always change it; it must not go unseen. */

export const GUARD_FINDINGS = [
  'GUARD_TABLE_MISSING',
  'GUARD_TRIGGER_MISSING',
  'GUARD_TRIGGER_DISABLED',
  'GUARD_TRIGGER_CHANGED',
  'GUARD_FUNCTION_MISSING',
  'GUARD_FUNCTION_CHANGED',
  'GUARD_COUNTER_MISSING',
  'GUARD_COUNTER_WRONG',
  'GUARD_OWNER_CHANGED',
  'GUARD_EXPOSED',
] as const

export type GuardFinding = Finding<(typeof GUARD_FINDINGS)[number]>

interface Trigger {
  readonly name: string
  readonly enabled: string
  readonly definition: string
}

/**
 * Everything that is not as `installGuard` leaves it; empty when all is well. Reads one snapshot and changes nothing.
 * To be asked only while the guard is meant to be installed.
 */
export async function inspectGuard(
  db: Database,
  spec: GuardedUsers,
  { owner, schema = 'public' }: GuardPlace,
): Promise<GuardFinding[]> {
  return db.transaction(async (session) => {
    await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await session.query('SET LOCAL search_path = pg_catalog, pg_temp')
    const findings = [...(await ownershipFindings(session)), ...(await functionFindings(session))]
    const columns = await columnTypes(session, schema, spec)
    const missing = decidingColumns(spec).filter((name) => !columns.has(name))
    if (missing.length > 0) {
      const detail = `${schema}.${spec.table} has no ${missing.join(', ')}`
      return [...findings, { code: 'GUARD_TABLE_MISSING', detail }]
    }
    const whole = !findings.some(({ code }) => code === 'GUARD_FUNCTION_MISSING' || code === 'GUARD_OWNER_CHANGED')
    return [
      ...findings,
      ...(whole ? await triggerFindings(session, spec, schema, columns) : []),
      ...(await counterFindings(session, spec, schema, owner)),
    ]
  })
}

/** Puts right what is not, and tells what it was. A lost counter row had a limit: set it again afterwards. */
export async function repairGuard(db: Database, spec: GuardedUsers, place: GuardPlace): Promise<GuardFinding[]> {
  const findings = await inspectGuard(db, spec, place)
  if (findings.length > 0) await installGuard(db, spec, place)
  return findings
}

async function ownershipFindings(session: Queryable): Promise<GuardFinding[]> {
  const foreign = await foreignObjects(session)
  const exposed = await exposedObjects(session)
  return [
    ...foreign.map(({ kind, name, owner }) => ({
      code: 'GUARD_OWNER_CHANGED' as const,
      detail: `${kind.toLowerCase()} ${name} belongs to ${owner}`,
    })),
    ...exposed.map(({ kind, name, grantee }) => ({
      code: 'GUARD_EXPOSED' as const,
      detail: `${grantee ?? 'everybody'} has rights in ${kind.toLowerCase()} ${name}`,
    })),
  ]
}

async function functionFindings(session: Queryable): Promise<GuardFinding[]> {
  const { rows } = await session.query<{ body: string; config: string[] | null; definer: boolean; language: string }>(
    `SELECT p.prosrc AS body, p.proconfig AS config, p.prosecdef AS definer, l.lanname AS language
       FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       JOIN pg_catalog.pg_language l ON l.oid = p.prolang
      WHERE n.nspname = 'domicile' AND p.proname = 'guard' AND p.pronargs = 0`,
  )
  const found = rows[0]
  if (!found) return [{ code: 'GUARD_FUNCTION_MISSING', detail: 'function domicile.guard()' }]
  const changed = [
    ...(found.body === GUARD_BODY ? [] : ['body']),
    ...(found.definer ? [] : ['security']),
    ...(found.config?.join() === GUARD_CONFIG ? [] : ['settings']),
    ...(found.language === 'plpgsql' ? [] : ['language']),
  ]
  return changed.length === 0
    ? []
    : [{ code: 'GUARD_FUNCTION_CHANGED', detail: `function domicile.guard(): ${changed.join(', ')}` }]
}

/** How PostgreSQL writes a trigger down depends on the columns' types, so ours are made once more, on a table of nobody's. */
async function triggerFindings(
  session: Queryable,
  spec: GuardedUsers,
  schema: string,
  columns: ReadonlyMap<string, string>,
): Promise<GuardFinding[]> {
  const list = [...columns].map(([name, type]) => `${identifier(name)} ${type}`).join(', ')
  await session.query(`CREATE TEMPORARY TABLE domicile_expected (${list}) ON COMMIT DROP`)
  for (const { create } of guardTriggers(spec)) await session.query(create('pg_temp.domicile_expected'))
  const expected = await triggersOf(session, "c.oid = 'pg_temp.domicile_expected'::pg_catalog.regclass", [])
  const actual = await triggersOf(session, 'n.nspname = $1 AND c.relname = $2', [schema, spec.table])
  await session.query('DROP TABLE pg_temp.domicile_expected')
  return expected.flatMap(({ name, definition }): GuardFinding[] => {
    const found = actual.find((trigger) => trigger.name === name)
    const detail = `trigger ${name} on ${schema}.${spec.table}`
    if (!found) return [{ code: 'GUARD_TRIGGER_MISSING', detail }]
    if (found.definition !== definition) return [{ code: 'GUARD_TRIGGER_CHANGED', detail }]
    return found.enabled === 'A' ? [] : [{ code: 'GUARD_TRIGGER_DISABLED', detail }]
  })
}

async function triggersOf(session: Queryable, table: string, values: readonly string[]): Promise<Trigger[]> {
  const { rows } = await session.query<Trigger>(
    `SELECT t.tgname AS name, t.tgenabled AS enabled, pg_catalog.pg_get_triggerdef(t.oid) AS definition
       FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT t.tgisinternal AND ${table}`,
    values,
  )
  return rows.map((row) => ({ ...row, definition: row.definition.replace(/ ON .+? FOR EACH /, ' FOR EACH ') }))
}

/** Types of the columns that decide, as a table can be made of them. */
async function columnTypes(session: Queryable, schema: string, spec: GuardedUsers): Promise<Map<string, string>> {
  const { rows } = await session.query<{ name: string; type: string }>(
    `SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
       FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = ANY ($3) AND NOT a.attisdropped`,
    [schema, spec.table, decidingColumns(spec)],
  )
  return new Map(rows.map(({ name, type }) => [name, type]))
}

/** Rows and counter change in the same transactions, so in one snapshot they agree. */
async function counterFindings(
  session: Queryable,
  spec: GuardedUsers,
  schema: string,
  owner: string,
): Promise<GuardFinding[]> {
  const active = await asRole(session, owner, () => countUsers(session, spec, schema))
  const { rows: mine } = await session.query<{ readable: boolean }>(
    `SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable FROM pg_catalog.pg_class c
      WHERE c.relname = 'guard' AND c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'domicile')`,
  )
  if (!mine[0]?.readable) return [{ code: 'GUARD_COUNTER_MISSING', detail: 'table domicile.guard' }]
  const { rows } = await session.query<{ used: string | null }>("SELECT used FROM domicile.guard WHERE name = 'users'")
  const used = rows[0]?.used ?? null
  if (used === null) return [{ code: 'GUARD_COUNTER_MISSING', detail: 'domicile.guard has no count of users' }]
  return Number(used) === active
    ? []
    : [{ code: 'GUARD_COUNTER_WRONG', detail: `the counter says ${used}, ${active} users are active` }]
}
