import type { Writable } from '../manifest.ts'
import type { Database, Queryable } from './database.ts'
import type { ReadOnlyPlace } from './read-only.ts'

/** Something that the application can write though it must not: somebody gave it the right. */
export interface Hole {
  readonly schema: string
  /** Null: it can make tables in the schema. */
  readonly table: string | null
  readonly privileges: readonly string[]
}

export interface ReadOnlyState {
  readonly readOnly: boolean
  readonly since: string | null
  /** Empty when it is not read-only. `makeReadOnly` closes those that can be closed. */
  readonly holes: readonly Hole[]
}

/** Every way in: rights of the application's own, of roles that it can act as, of everybody, and those above all rights. */
const HOLES = `
  WITH app AS (
    SELECT r.oid FROM pg_catalog.pg_roles r, pg_catalog.pg_roles a
     WHERE a.rolname = $1 AND (r.oid = a.oid OR (NOT a.rolsuper AND pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER')))
  ), place AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
     WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'domicile')
  ), relation AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name,
           CASE WHEN n.nspname = $2 THEN $3::pg_catalog.jsonb -> c.relname::text END AS exempt
      FROM pg_catalog.pg_class c JOIN place n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'f')
  ), hole AS (
    SELECT r.schema, r.name, p.privilege
      FROM relation r, app, (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p(privilege)
     WHERE r.exempt IS DISTINCT FROM '"all"' AND pg_catalog.has_table_privilege(app.oid, r.oid, p.privilege)
    UNION
    SELECT r.schema, r.name, p.privilege || ' (' || t.attname || ')'
      FROM relation r CROSS JOIN app CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS p(privilege)
      JOIN pg_catalog.pg_attribute t ON t.attrelid = r.oid AND t.attnum > 0 AND NOT t.attisdropped
     WHERE r.exempt IS DISTINCT FROM '"all"'
       AND NOT pg_catalog.has_table_privilege(app.oid, r.oid, p.privilege)
       AND pg_catalog.has_any_column_privilege(app.oid, r.oid, p.privilege)
       AND pg_catalog.has_column_privilege(app.oid, r.oid, t.attnum, p.privilege)
       AND NOT (p.privilege = 'UPDATE' AND coalesce(r.exempt ? t.attname::text, false))
    UNION
    SELECT n.nspname, NULL, 'CREATE' FROM place n, app WHERE pg_catalog.has_schema_privilege(app.oid, n.oid, 'CREATE')
  )
  SELECT h.schema, h.name AS table, pg_catalog.array_agg(h.privilege ORDER BY h.privilege) AS privileges
    FROM hole h GROUP BY h.schema, h.name ORDER BY h.schema, h.name`

/** Whether it is read-only, since when, and whether that holds. Changes nothing. */
export async function readOnlyState(
  db: Database,
  { app, schema = 'public', writable }: ReadOnlyPlace & { writable: Writable },
): Promise<ReadOnlyState> {
  return db.transaction(async (session) => {
    await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await session.query('SET LOCAL search_path = pg_catalog, pg_temp')
    const since = await readSince(session)
    if (since === null) return { readOnly: false, since: null, holes: [] }
    const { rows } = await session.query<Hole>(HOLES, [app, schema, JSON.stringify(writable)])
    return { readOnly: true, since, holes: rows }
  })
}

async function readSince(session: Queryable): Promise<string | null> {
  const { rows: tables } = await session.query(
    `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'domicile' AND c.relname = 'read_only'`,
  )
  if (tables.length === 0) return null
  const { rows } = await session.query<{ since: Date }>('SELECT since FROM domicile.read_only')
  return rows[0] ? new Date(rows[0].since).toISOString() : null
}
