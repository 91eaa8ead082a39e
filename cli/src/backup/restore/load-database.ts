import { asRole, databaseHandlers, markInitialized, sql, sqlAsOwner, vendorSql } from '@domicile/stacks/apply'
import { AGENT_DATABASE, type DatabaseSpec } from '@domicile/stacks/plan'
import type { Stack } from '@domicile/stacks/stack'
import { ownerLogin, POSTGRES_USER } from '../../appliance/postgres.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import type { Piped } from '../../engine/pipe.ts'

/** One transaction: of a dump that ends too early nothing is there. PostgreSQL then writes the data once, not its log, too. */
const LOAD = ['psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', '-']

export interface LoadTools {
  readonly engine: DockerEngine
  readonly signal: AbortSignal
}

/**
 * Fills a new cluster: roles and databases as an installation makes them, with the appliance's passwords, and what a dump
 * holds, loaded by a session of the owner. Our own objects are not in it; the agent puts them there when it finds none.
 * @param from what prints the dump
 * @returns bytes of the dump
 * @throws UserError PIPE_FAILED (1)
 */
export async function loadDump(
  from: Piped,
  postgres: string,
  database: DatabaseSpec,
  { engine, signal }: LoadTools,
): Promise<number> {
  await makeRoles(postgres, database, { engine, signal })
  // PostgreSQL gives an object to a role only where that one may make objects; what the application made in use is its own.
  await sqlAsOwner(engine, postgres, database, `GRANT CREATE ON SCHEMA public TO "${database.app}";`)
  const sink = await asRole(LOAD, ownerLogin(database))
  const bytes = await engine.pipe(from, { container: postgres, user: POSTGRES_USER, ...sink }, signal)
  await sqlAsOwner(engine, postgres, database, `REVOKE CREATE ON SCHEMA public FROM "${database.app}";`)
  await giveRights(postgres, database, { engine, signal })
  await markInitialized(engine, postgres, database)
  return bytes
}

/** Roles and passwords as they are now, whatever the cluster had. */
export const makeRoles = (postgres: string, database: DatabaseSpec, { engine, signal }: LoadTools): Promise<void> =>
  databaseHandlers(engine).database.run({ kind: 'database', postgres, database }, { say: () => undefined, signal })

export const giveRights = (postgres: string, database: DatabaseSpec, { engine, signal }: LoadTools): Promise<void> =>
  databaseHandlers(engine).grants.run({ kind: 'grants', postgres, database }, { say: () => undefined, signal })

/** Makes the database of the agent anew, empty: who had a seat then has none now, and the ledger is asked what it knows. */
export const emptyAgentDatabase = async (postgres: string, database: DatabaseSpec, tools: LoadTools): Promise<void> => {
  await sql(tools.engine, postgres, 'postgres', `DROP DATABASE IF EXISTS "${AGENT_DATABASE}" WITH (FORCE);`)
  await makeRoles(postgres, database, tools)
}

/**
 * What was bound to its time must not come alive again: the stack's own SQL, as the owner. Then the planner learns what is
 * there, which a dump does not say.
 * @throws UserError DATABASE_REFUSED (1)
 */
export async function makeSafe(
  postgres: string,
  database: DatabaseSpec,
  { manifest, files }: Pick<Stack, 'manifest' | 'files'>,
  { engine }: LoadTools,
): Promise<void> {
  const restored = manifest.backup.restored && files.get(manifest.backup.restored)
  if (restored?.trim()) await sqlAsOwner(engine, postgres, database, vendorSql(restored))
  await sqlAsOwner(engine, postgres, database, 'SET client_min_messages = error; ANALYZE;')
}
