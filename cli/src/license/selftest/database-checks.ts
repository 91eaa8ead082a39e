import { asRole, type Login } from '@domicile/stacks/apply'
import type { Blueprint, DatabaseSpec } from '@domicile/stacks/plan'
import { ownerLogin, POSTGRES_USER, postgresOf } from '../../appliance/postgres.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import type { Finding } from './laws.ts'

const appLogin = ({ name, app, appSecret }: DatabaseSpec): Login => ({ database: name, role: app, secret: appSecret })

/** Reading it back to the end is what makes a dump one; what it would do goes nowhere. */
export async function checkBackup(engine: DockerEngine, blueprint: Blueprint, signal: AbortSignal): Promise<Finding> {
  const container = postgresOf(blueprint)
  const dump = await asRole(
    ['pg_dump', '--format=custom', '--compress=none', '--exclude-schema=domicile'],
    ownerLogin(blueprint.database),
  )
  const readBack = { command: ['pg_restore', '--file=/dev/null'], input: '' }
  return attempt('backup', signal, async () => {
    const place = { container, user: POSTGRES_USER }
    const bytes = await engine.pipe({ ...place, ...dump }, { ...place, ...readBack }, signal)
    return `${bytes} bytes`
  })
}

/** Tables that the application’s role may read, as SQL would name them; the agent’s own are none of its business. */
const READABLE = `SELECT format('%I.%I', schemaname, tablename) FROM pg_catalog.pg_tables
 WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'domicile')
   AND has_schema_privilege(schemaname, 'USAGE')
   AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') ORDER BY 1;
`

/** @returns the tables that the application’s role can read where people work: it must be able to in every standing */
export async function readableTables(engine: DockerEngine, blueprint: Blueprint): Promise<string[]> {
  const { exitCode, stdout, stderr } = await asApp(engine, blueprint, READABLE)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout.split('\n').filter(Boolean)
}

/** Reads every row of every table out, as an export would. */
export async function checkExport(
  engine: DockerEngine,
  blueprint: Blueprint,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  return attempt('export', signal, async () => {
    if (tables.length === 0) throw new Error('the application’s role cannot read a single table')
    const statements = tables.map((table) => `COPY ${table} TO STDOUT;\n`).join('')
    const { exitCode, stderr } = await asApp(engine, blueprint, statements, ['-o', '/dev/null'])
    if (exitCode !== 0) throw new Error(stderr.trim())
    return `${tables.length} tables`
  })
}

async function asApp(engine: DockerEngine, blueprint: Blueprint, text: string, flags: readonly string[] = []) {
  const psql = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', ...flags]
  const { command, input } = await asRole(psql, appLogin(blueprint.database))
  return engine.exec(postgresOf(blueprint), command, { user: POSTGRES_USER, stdin: `${input}${text}` })
}

async function attempt(check: 'backup' | 'export', signal: AbortSignal, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check, outcome: 'done', detail: await work() }
  } catch (error) {
    signal.throwIfAborted()
    return { check, outcome: 'failed', detail: (error as Error).message }
  }
}
