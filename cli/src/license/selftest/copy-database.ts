import { asRole, type Handlers, sql } from '@domicile/stacks/apply'
import { AGENT_ROLE, type Blueprint } from '@domicile/stacks/plan'
import { ownerLogin, POSTGRES_USER, postgresOf } from '../../appliance/postgres.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'

const DUMP = ['pg_dump', '--format=custom', '--compress=none', '--no-owner', '--no-privileges']
/** A copy must not feed, or be fed by, other servers. What is ours the scratch copy's agent makes anew. */
const LEFT_OUT = ['--no-publications', '--no-subscriptions', '--exclude-schema=domicile']
const RESTORE = ['pg_restore', '--single-transaction', '--no-owner', '--no-privileges']

/** Our trigger on the users' table is part of that table and wants its function to be there. */
const stub = (owner: string) => `
SET ROLE ${AGENT_ROLE};
CREATE SCHEMA IF NOT EXISTS domicile;
CREATE OR REPLACE FUNCTION domicile.guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
GRANT USAGE ON SCHEMA domicile TO "${owner}";
`

/**
 * Fills the scratch copy's database from the running one, over a pipe: nothing of the data is on any disk but in the two
 * databases. Both ends act as the owner of the tables; the one that is read changes nothing.
 */
export const copyHandler = (engine: DockerEngine, from: Blueprint): Handlers['initialize'] => ({
  look: async () => null,
  run: async ({ postgres, database }, { say, signal }) => {
    await sql(engine, postgres, database.name, stub(database.owner))
    const [source, sink] = await Promise.all([
      asRole([...DUMP, ...LEFT_OUT], ownerLogin(from.database)),
      asRole(RESTORE, ownerLogin(database)),
    ])
    say('reading the running database')
    await engine.pipe(
      { container: postgresOf(from), user: POSTGRES_USER, ...source },
      { container: postgres, user: POSTGRES_USER, ...sink },
      signal,
    )
  },
})
