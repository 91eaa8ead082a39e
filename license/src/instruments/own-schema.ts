import { identifier, type Queryable, qualified } from './database.ts'

/**
 * The schema `domicile` in the application's database. It belongs to the role that we log in as, and nobody else has any
 * right in it: what the application runs reaches it through one function alone, which runs as its owner.
 */

interface Exposed {
  readonly kind: 'SCHEMA' | 'TABLE' | 'FUNCTION'
  readonly name: string
  readonly grantee: string | null
}

interface Foreign {
  readonly kind: Exposed['kind']
  readonly name: string
  readonly owner: string
}

const OBJECTS = `
  SELECT 'SCHEMA' AS kind, n.nspname AS name, n.nspowner AS owner,
         coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) AS acl
    FROM pg_catalog.pg_namespace n WHERE n.nspname = 'domicile'
  UNION ALL
  SELECT 'TABLE', c.relname, c.relowner, coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'domicile' AND c.relkind IN ('r', 'p', 'v')
  UNION ALL
  SELECT 'FUNCTION', p.proname, p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = 'domicile'`

/** Rights in our schema that others have. `grantee` null: everybody. */
export async function exposedObjects(session: Queryable): Promise<Exposed[]> {
  const { rows } = await session.query<Exposed>(`
    SELECT DISTINCT o.kind, o.name, r.rolname AS grantee
      FROM (${OBJECTS}) o, pg_catalog.aclexplode(o.acl) a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE a.grantee <> o.owner ORDER BY 1, 2, 3`)
  return rows
}

/** Objects in our schema that belong to somebody else. */
export async function foreignObjects(session: Queryable): Promise<Foreign[]> {
  const { rows } = await session.query<Foreign>(`
    SELECT o.kind, o.name, r.rolname AS owner
      FROM (${OBJECTS}) o JOIN pg_catalog.pg_roles r ON r.oid = o.owner
     WHERE r.rolname <> current_user ORDER BY 1, 2`)
  return rows
}

/** What can be made anew from the outside. Nobody but a person can say what a lost snapshot of rights held. */
const REPLACEABLE = ['FUNCTION guard', 'TABLE guard']

/** Makes the schema, and throws out of it what was given to others or taken by them. */
export async function prepareSchema(session: Queryable): Promise<void> {
  const { rows } = await session.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'domicile'")
  if (rows.length === 0) await session.query('CREATE SCHEMA domicile')
  for (const { kind, name } of await foreignObjects(session)) {
    if (REPLACEABLE.includes(`${kind} ${name}`))
      await session.query(`DROP ${kind} ${qualified('domicile', name)} CASCADE`)
  }
  await closeSchema(session)
}

/** Takes every right in the schema back from everybody else. */
export async function closeSchema(session: Queryable): Promise<void> {
  for (const { kind, name, grantee } of await exposedObjects(session)) {
    const object = kind === 'SCHEMA' ? identifier(name) : qualified('domicile', name)
    const from = grantee === null ? 'PUBLIC' : identifier(grantee)
    await session.query(`REVOKE ALL ON ${kind} ${object} FROM ${from} CASCADE`)
  }
}
