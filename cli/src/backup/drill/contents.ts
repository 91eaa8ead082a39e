import { type Content, contentOf, contentSql } from '@domicile/backup/snapshot'
import { asRole, sql, sqlAsOwner, vendorSql } from '@domicile/stacks/apply'
import { type DatabaseSpec, METER_ROLE } from '@domicile/stacks/plan'
import type { Manifest as StackManifest } from '@domicile/stacks/stack'
import { POSTGRES_USER } from '../../appliance/postgres.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import type { Room } from '../room.ts'

/** Tables, rows, sums and sequences of a database that stands still, by the very SQL by which the manifest was made. */
export async function readContent(engine: DockerEngine, postgres: string, database: DatabaseSpec): Promise<Content> {
  return contentOf((await sqlAsOwner(engine, postgres, database, contentSql())).split('\n'))
}

const PSQL = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-']

/**
 * What the stack's invariants are now; one that gives no answer is left out. Asked by the role that may only read, with all
 * the time they need.
 */
export async function readInvariants(
  engine: DockerEngine,
  postgres: string,
  { name, meterSecret }: DatabaseSpec,
  { invariants }: StackManifest['backup'],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const { command, input } = await asRole(PSQL, { database: name, role: METER_ROLE, secret: meterSecret })
  for (const [key, { sql: query }] of Object.entries(invariants)) {
    const stdin = `${input}SET statement_timeout = 0;\n${vendorSql(query)}`
    const { exitCode, stdout } = await engine.exec(postgres, command, { user: POSTGRES_USER, stdin })
    if (exitCode === 0) found[key] = stdout.trim()
  }
  return found
}

/** Two at a time are as many as a small host has processors for. */
const AMCHECK = ['pg_amcheck', '--install-missing', '--no-strict-names', '--jobs=2', '-U', 'postgres']

/** Whether tables and their indexes hold together, by PostgreSQL's own check. @returns what is wrong; empty: nothing */
export async function checkIndexes(room: Room, { name }: DatabaseSpec): Promise<string> {
  const { exitCode, stdout, stderr } = await room.exec([...AMCHECK, name])
  return exitCode === 0 ? '' : `${stdout}${stderr}`.trim()
}

/** The application reads the restored data, and writes nothing: what it would write is nobody's. */
export const makeReadOnly = (engine: DockerEngine, postgres: string, { name, app }: DatabaseSpec): Promise<string> =>
  sql(engine, postgres, 'postgres', `ALTER ROLE "${app}" IN DATABASE "${name}" SET default_transaction_read_only = on;`)
