import { asRole, identifier, type Queryable, qualified } from './database.ts'

/** Rights to write, as PostgreSQL keeps them, and how they are given and taken. */

/** One right. `column` null: of the whole object; `grantee` null: everybody. */
export interface Right {
  readonly column: string | null
  readonly grantor: string
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
}

/** A table or view, a schema, or what tables yet to be made in a schema (`''`: in any) will give away. */
export interface Holder {
  readonly kind: 'table' | 'schema' | 'default'
  readonly schema: string
  /** Empty but for tables. */
  readonly name: string
  /** `0` where PostgreSQL keeps no row. */
  readonly oid: string
  readonly owner: string
  readonly columns: readonly string[]
  readonly rights: readonly Right[]
}

export interface Roles {
  readonly owner: string
  readonly app: string
  /** All that exist. */
  readonly all: ReadonlySet<string>
  /** Those that the application can act as, itself among them; never the owner. */
  readonly ofApp: ReadonlySet<string>
  /** Those that we can act as. */
  readonly settable: ReadonlySet<string>
}

const RIGHTS = `pg_catalog.jsonb_build_object('column', x.part, 'grantor', o.rolname, 'grantee', g.rolname,
    'privilege', x.privilege_type, 'grantable', x.is_grantable)`
const ROLES_OF_RIGHTS = `LEFT JOIN pg_catalog.pg_roles o ON o.oid = x.grantor LEFT JOIN pg_catalog.pg_roles g ON g.oid = x.grantee`
const OURS_OR_POSTGRES = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'domicile')`

/** A right without a live grantor or grantee (null with a grantee's number) would be of a role that is just being dropped. */
const READ_HOLDERS = `
  SELECT 'table' AS kind, n.nspname AS schema, c.relname AS name, c.oid::text AS oid, w.rolname AS owner,
    ARRAY(SELECT t.attname::text FROM pg_catalog.pg_attribute t
           WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped) AS columns,
    ARRAY(SELECT ${RIGHTS} FROM (
      SELECT NULL::text AS part, a.* FROM pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a
      UNION ALL
      SELECT t.attname, a.* FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) a
       WHERE t.attrelid = c.oid AND NOT t.attisdropped
    ) x ${ROLES_OF_RIGHTS} WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')) AS rights
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles w ON w.oid = c.relowner
  WHERE c.relkind IN ('r', 'p', 'v', 'f') AND w.rolname = ANY (ARRAY[$1, $2]) AND ${OURS_OR_POSTGRES}
  UNION ALL
  SELECT 'schema', n.nspname, '', n.oid::text, w.rolname, '{}',
    ARRAY(SELECT ${RIGHTS} FROM (SELECT NULL::text AS part, a.*
        FROM pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
    ) x ${ROLES_OF_RIGHTS} WHERE x.privilege_type = 'CREATE')
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles w ON w.oid = n.nspowner
  WHERE pg_catalog.pg_has_role($1, n.nspowner, 'USAGE') AND ${OURS_OR_POSTGRES}
  UNION ALL
  SELECT 'default', coalesce(n.nspname, ''), '', d.oid::text, w.rolname, '{}',
    ARRAY(SELECT ${RIGHTS} FROM (SELECT NULL::text AS part, a.* FROM pg_catalog.aclexplode(d.defaclacl) a
    ) x ${ROLES_OF_RIGHTS} WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))
  FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles w ON w.oid = d.defaclrole
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
  WHERE w.rolname = $1 AND d.defaclobjtype = 'r'`

/** Everything of the owner's and the application's that can be written, and who may. */
export async function readHolders(session: Queryable, { owner, app }: Roles): Promise<Holder[]> {
  const { rows } = await session.query<Holder>(READ_HOLDERS, [owner, app])
  return rows
}

/** A superuser could act as anybody; then only what is its own is taken from it. */
export async function readRoles(session: Queryable, owner: string, app: string): Promise<Roles> {
  const { rows } = await session.query<{ name: string; settable: boolean; of_app: boolean }>(
    `SELECT r.rolname AS name, pg_catalog.pg_has_role(r.oid, 'SET') AS settable,
            r.oid = a.oid OR (NOT a.rolsuper AND pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER')) AS of_app
       FROM pg_catalog.pg_roles r, pg_catalog.pg_roles a WHERE a.rolname = $1`,
    [app],
  )
  const named = (wanted: (row: (typeof rows)[number]) => boolean) =>
    new Set(rows.filter(wanted).map(({ name }) => name))
  return {
    owner,
    app,
    all: named(() => true),
    ofApp: named(({ name, of_app }) => of_app && name !== owner),
    settable: named(({ settable }) => settable),
  }
}

export interface Change {
  readonly verb: 'GRANT' | 'REVOKE' | 'REVOKE GRANT OPTION FOR'
  readonly holder: Holder
  readonly right: Right
}

/** Carries out changes in few statements: one names all tables for which it says the same. */
export async function carryOut(session: Queryable, roles: Roles, changes: readonly Change[]): Promise<void> {
  const same = Map.groupBy(changes, ({ verb, holder, right: { grantor, grantee, grantable } }) =>
    JSON.stringify([verb, holder.kind, holder.oid, holder.schema, grantor, grantee, verb === 'GRANT' && grantable]),
  )
  const parts = [...same.values()].map((group) => part(roles, group))
  const statements = Map.groupBy(parts, ({ role, before, after }) => JSON.stringify([role, before, after]))
  for (const [first, ...rest] of statements.values()) {
    if (!first) continue
    const names = [first, ...rest].map(({ name }) => name).join(', ')
    await asRole(session, first.role, () => session.query(`${first.before} ${names} ${first.after}`))
  }
}

/** What all changes of one object, grantor and grantee say. */
function part(roles: Roles, changes: readonly Change[]) {
  const [first] = changes
  if (!first) throw new Error('no change to carry out')
  const { verb, holder, right } = first
  const whole = changes.filter(({ right: { column } }) => column === null).map(({ right: { privilege } }) => privilege)
  const columns = Map.groupBy(
    changes.filter(({ right: { column } }) => column !== null),
    ({ right: { privilege } }) => privilege,
  )
  const privileges = [
    ...whole,
    ...[...columns].map(
      ([privilege, of]) => `${privilege} (${of.map(({ right: { column } }) => identifier(column ?? '')).join(', ')})`,
    ),
  ].toSorted()
  const grantee = right.grantee === null ? 'PUBLIC' : identifier(right.grantee)
  const { beginning, on, name } = target(holder)
  return {
    role: actor(roles, holder, right),
    before: `${beginning}${verb} ${privileges.join(', ')} ON ${on}`,
    name,
    after: verb === 'GRANT' ? `TO ${grantee}${right.grantable ? ' WITH GRANT OPTION' : ''}` : `FROM ${grantee} CASCADE`,
  }
}

function target({ kind, schema, name, owner }: Holder): { beginning: string; on: string; name: string } {
  if (kind === 'table') return { beginning: '', on: 'TABLE', name: qualified(schema, name) }
  if (kind === 'schema') return { beginning: '', on: 'SCHEMA', name: identifier(schema) }
  const where = schema === '' ? '' : ` IN SCHEMA ${identifier(schema)}`
  return { beginning: `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)}${where} `, on: 'TABLES', name: '' }
}

/** PostgreSQL writes down the object's owner as grantor when somebody acts who has that role's rights. */
function actor({ settable, owner }: Roles, holder: Holder, { grantor }: Right): string {
  const wanted = grantor === holder.owner || !settable.has(grantor) ? holder.owner : grantor
  return settable.has(wanted) ? wanted : owner
}
