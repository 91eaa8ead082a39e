import { readFile } from 'node:fs/promises'
import type { Database, Queryable } from '@domicile/license/instruments'
import pg from 'pg'

export interface Login {
  readonly host: string
  readonly database: string
  readonly role: string
  readonly passwordFile: string
}

/** People wait for the gate, so a database that does not answer is given up soon. */
const CONNECT_MS = 2000
/** The work is small; every connection costs PostgreSQL some MiB. */
const CONNECTIONS = 2
/** Longer than any job pauses: a connection that is used every minute is not made anew each time. */
const IDLE_MS = 120_000

export interface Bounds {
  readonly connections: number
  /** After so long a statement is given up. */
  readonly statementMs: number
}

/**
 * Queries with values are prepared by name: each connection parses and plans them once. Texts are ours and few; a text that
 * is made for each call would fill the server's memory.
 */
export const preparing = (client: Pick<pg.Pool | pg.PoolClient, 'query'>): Queryable => ({
  query: (text, values) =>
    (values ? client.query({ name: nameOf(text), text, values: [...values] }) : client.query(text)) as never,
})

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known) return known
  const name = `q${names.size}`
  names.set(text, name)
  return name
}

/**
 * A pool of connections that are made when they are needed: the database may be down, and come back.
 * @param onLost told when an idle connection ended, which is no failure of anything
 */
export class PostgresDatabase implements Database {
  readonly #pool: pg.Pool

  constructor(
    { host, database, role, passwordFile }: Login,
    onLost: (error: Error) => void,
    { connections, statementMs }: Bounds = { connections: CONNECTIONS, statementMs: 10_000 },
  ) {
    this.#pool = new pg.Pool({
      host,
      database,
      user: role,
      password: async () => (await readFile(passwordFile, 'utf8')).trim(),
      max: connections,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: statementMs,
      query_timeout: statementMs + 1000,
      idle_in_transaction_session_timeout: statementMs,
      application_name: 'domicile agent',
      keepAlive: true,
    })
    this.#pool.on('error', onLost)
  }

  query<R>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number | null }> {
    return preparing(this.#pool).query(text, values)
  }

  /** @param begin how the transaction begins, when it is not one like every other */
  async transaction<T>(work: (session: Queryable) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    const client = await this.#pool.connect()
    try {
      await client.query(begin)
      const result = await work(preparing(client))
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      // A connection on which rolling back fails is not used again.
      await client.query('ROLLBACK').then(
        () => client.release(),
        (lost: Error) => client.release(lost),
      )
      throw error
    }
  }

  end(): Promise<void> {
    return this.#pool.end()
  }
}
