/** What the instruments need of PostgreSQL 17. A `pg` client fits; so does anything that keeps one. */
export interface Queryable {
  query<R>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number | null }>
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction, which is rolled back when it throws. */
  transaction<T>(work: (session: Queryable) => Promise<T>): Promise<T>
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A name in its schema: no search path decides what is meant. */
export const qualified = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`

/** A literal of any type: PostgreSQL reads it as the type of what it is compared with. */
export function literal(value: string | number | boolean): string {
  const text = String(value).replaceAll("'", "''")
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\')}'` : `'${text}'`
}

/** Does `work` as another role of this transaction, then as oneself again. */
export async function asRole<T>(session: Queryable, role: string, work: () => Promise<T>): Promise<T> {
  await session.query(`SET LOCAL ROLE ${identifier(role)}`)
  const result = await work()
  await session.query('SET LOCAL ROLE NONE')
  return result
}

/**
 * How a transaction begins that changes what belongs to the application: it waits a few seconds for a lock, no longer,
 * because everybody else who comes for that table waits behind it.
 * @throws in the caller's next statements 55P03 when a lock was not to be had; nothing has changed then
 */
export async function beginChange(session: Queryable): Promise<void> {
  await session.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
  await session.query("SET LOCAL lock_timeout = '5s'")
  await session.query('SET LOCAL search_path = pg_catalog, pg_temp')
}

/** Something in the database that is not as it was left. */
export interface Finding<Code extends string = string> {
  readonly code: Code
  /** What it is about and how it is, for the record and for people. */
  readonly detail: string
}
