import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import pg from 'pg'
import type { Database, Queryable } from './database.ts'

/** A server of the appliance's own image with the roles that an appliance has. */

export const OWNER = 'erp'
export const APP = 'erp_app'
export const AGENT = 'domicile_agent'
export const PASSWORD = 'in tests only'

export interface TestServer {
  readonly host: string
  /** A database of the application's, and how one logs in to it. */
  makeDatabase(): Promise<TestDatabase>
  stop(): Promise<void>
}

export interface TestDatabase {
  readonly name: string
  /** A connection of its own. */
  connect(role: string): Promise<pg.Client>
  /** As the agent keeps it: a pool. */
  readonly agent: Database
  drop(): Promise<void>
}

/** @param durable on the disk, where a commit takes as long as it does; in memory otherwise */
export async function startServer({ durable = false } = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'instruments-'))
  await writeFile(join(folder, 'postgres_password'), PASSWORD)
  const hardened = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges']
  const inMemory = ['/run/postgresql', ...(durable ? [] : ['/var/lib/postgresql'])]
  const memory = inMemory.map((path) => `--tmpfs=${path}:uid=70,gid=70,mode=0775`)
  const secrets = `--volume=${join(folder, 'postgres_password')}:/run/secrets/postgres_password:ro`
  // By which the next run of tests finds what a killed one left.
  const run = process.env['DOMICILE_TEST_RUN']
  const label = run ? [`--label=domicile.test.run=${run}`] : []
  const started = ['--detach', ...label, '--tmpfs=/tmp', ...hardened, ...memory, secrets, 'domicile/postgres:0.1.0']
  const { stdout: id } = await execa('docker', ['run', ...started, '-c', 'max_connections=150'])
  const { stdout: host } = await execa('docker', ['inspect', '--format={{.NetworkSettings.IPAddress}}', id])
  const admin = await firstConnection(host)
  for (const role of [OWNER, APP, AGENT]) await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
  await admin.query(`GRANT ${APP} TO ${OWNER}; GRANT ${OWNER} TO ${AGENT} WITH INHERIT FALSE, SET TRUE`)
  let made = 0
  return {
    host,
    async makeDatabase() {
      const name = `test_${++made}`
      await admin.query(`CREATE DATABASE ${name} OWNER ${OWNER} TEMPLATE template0`)
      await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
      await admin.query(`GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${name} TO ${AGENT}`)
      await admin.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${APP}`)
      return openDatabase(host, name, () => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))
    },
    async stop() {
      await admin.end()
      await execa('docker', ['rm', '--force', '--volumes', id])
      await rm(folder, { recursive: true })
    },
  }
}

/** Runs `work` in each of so many connections at once, all released at the same moment. */
export async function race<T>(clients: readonly pg.Client[], work: (client: pg.Client, index: number) => Promise<T>) {
  return Promise.allSettled(clients.map((client, index) => work(client, index)))
}

export const inTransaction = (client: pg.Client): Database => ({
  query: (text, values) => client.query(text, values as unknown[]) as never,
  async transaction(work) {
    await client.query('BEGIN')
    try {
      const result = await work(client as unknown as Queryable)
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    }
  },
})

function openDatabase(host: string, name: string, dropIt: () => Promise<unknown>): TestDatabase {
  const connection = (user: string) => ({ host, user, database: name, password: PASSWORD })
  const pool = new pg.Pool({ ...connection(AGENT), max: 80 })
  const opened: pg.Client[] = []
  // Databases are dropped under connections that are still open.
  pool.on('error', () => undefined)
  return {
    name,
    async connect(role) {
      const client = new pg.Client(connection(role))
      client.on('error', () => undefined)
      await client.connect()
      opened.push(client)
      return client
    },
    agent: {
      query: (text, values) => pool.query(text, values as unknown[]) as never,
      async transaction(work) {
        const client = await pool.connect()
        try {
          return await inTransaction(client as never).transaction(work)
        } finally {
          client.release()
        }
      },
    },
    async drop() {
      await Promise.all([pool.end(), ...opened.map((client) => client.end())].map((end) => end.catch(() => undefined)))
      await dropIt()
    },
  }
}

async function firstConnection(host: string): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ host, user: 'postgres', password: PASSWORD })
    try {
      await client.connect()
      return client
    } catch (error) {
      if (attempt === 150) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
