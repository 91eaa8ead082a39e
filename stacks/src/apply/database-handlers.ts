import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UserError } from '../kernel/index.ts'
import { AGENT_DATABASE, AGENT_ROLE, type DatabaseSpec, METER_ROLE } from '../plan/index.ts'
import type { Engine } from './engine.ts'
import type { Handlers, Progress } from './operation.ts'
import { ownerOf, refuseForeign, removeOwnContainer } from './ownership.ts'

/** The database’s comment while the application’s own initialisation runs, and after it has ended well. */
const INITIALIZING = 'domicile: initialising'
const INITIALIZED = 'domicile: initialised'

/**
 * Handlers for what is inside PostgreSQL. Roles and databases are the superuser’s business, through the container’s own
 * socket and never inside the application’s database: there the vendor’s statements and objects could act for it.
 */
export function databaseHandlers(
  engine: Engine,
): Pick<Handlers, 'database' | 'initialize' | 'grants' | 'reset-settings'> {
  return {
    database: {
      look: async () => null,
      run: async ({ postgres, database }) => {
        const verifiers = {
          owner: await verifierOf(database.ownerSecret),
          app: await verifierOf(database.appSecret),
          agent: await verifierOf(database.agentSecret),
          meter: await verifierOf(database.meterSecret),
        }
        await sql(engine, postgres, 'postgres', rolesSql(database, verifiers))
      },
    },
    initialize: {
      look: async () => null,
      run: async ({ postgres, database, job }, progress) => {
        const state = await initialState(engine, postgres, database)
        if (state === 'initialized') return
        await sql(engine, postgres, 'postgres', recreateSql(database))
        await runJob(engine, job, progress)
        await sql(engine, postgres, 'postgres', commentSql(database, INITIALIZED))
      },
      undo: async ({ job }) => removeOwnContainer(engine, job.name, ownerOf(job)),
    },
    grants: {
      look: async () => null,
      run: async ({ postgres, database }) => {
        await sqlAsOwner(engine, postgres, database, grantsSql(database))
      },
    },
    'reset-settings': {
      look: async () => null,
      // Somebody's ALTER SYSTEM outweighs the rendered file, and some settings only change with a restart.
      run: async ({ postgres, settings }) => {
        const statements = settings.map((name) => `ALTER SYSTEM RESET ${identifier(name)};`)
        await sql(engine, postgres, 'postgres', statements.join('\n'))
        await engine.stopContainer(postgres)
        await engine.startContainer(postgres)
      },
    },
  }
}

/**
 * Whether the database may be made anew. Only half of an interrupted initialisation and an empty database may: nobody
 * has worked in those yet.
 * @throws UserError DATABASE_FOREIGN when it holds tables that this appliance did not put there
 */
async function initialState(
  engine: Engine,
  postgres: string,
  database: DatabaseSpec,
): Promise<'initialized' | 'fresh'> {
  const { name } = database
  const comment = await sql(
    engine,
    postgres,
    'postgres',
    `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ${literal(name)};`,
  )
  if (comment.includes(INITIALIZED)) return 'initialized'
  const tables = await sqlAsOwner(
    engine,
    postgres,
    database,
    "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r','p') AND nspname NOT IN ('pg_catalog','information_schema');",
  )
  if (comment.includes(INITIALIZING) || tables.trim() === '0') return 'fresh'
  throw new UserError(`The database ${name} holds ${tables.trim()} tables that this appliance did not make.`, {
    code: 'DATABASE_FOREIGN',
    hint: 'It is left untouched. Install under another --name, or remove the volume yourself when you are sure that nobody needs it.',
  })
}

/** Runs a one-off container to its end. No clock ends it: a data step takes as long as it takes. */
export async function runJob(
  engine: Engine,
  job: Parameters<Engine['createContainer']>[0],
  { say, signal }: Progress,
): Promise<void> {
  refuseForeign('container', job.name, await engine.findContainer(job.name), ownerOf(job))
  await engine.removeContainer(job.name)
  await engine.createContainer(job)
  await engine.startContainer(job.name)
  const began = Date.now()
  const ticker = setInterval(() => say(`running for ${Math.round((Date.now() - began) / 1000)} s`), 1000)
  try {
    const exitCode = await engine.waitContainer(job.name, signal)
    if (exitCode !== 0) {
      throw new UserError(
        `The command ${(job.command ?? []).join(' ')} of ${job.service} ended with code ${exitCode}.\nIts last lines:\n${await engine.lastLogs(job.name, 30)}`,
        {
          code: 'LIFECYCLE_FAILED',
          hint: 'The lines above are what the application printed; send them to the vendor if they do not help.',
        },
      )
    }
  } finally {
    clearInterval(ticker)
    await engine.removeContainer(job.name)
  }
}

/** How psql runs every script: no start-up file, no decoration, an end at the first error. */
const PSQL = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-']

/** Reads the password from the first line of its input, so that it is in no argument and in no environment. */
const WITH_PASSWORD = `umask 077 && passwords=$(mktemp) || exit
trap 'rm -f "$passwords"' EXIT
trap 'exit 143' TERM
IFS= read -r password
printf '*:*:*:*:%s\\n' "$password" > "$passwords"
PGPASSFILE=$passwords "$@"`

type Execution = Pick<Engine, 'exec'>

/** Runs our own SQL as the superuser; never the vendor’s. Gives back what psql printed. */
export const sql = (engine: Execution, postgres: string, database: string, text: string): Promise<string> =>
  run(engine, postgres, [...PSQL, '-U', 'postgres', '-d', database], text)

/**
 * Runs SQL in the application’s database in a session that the owner logged in to: nothing in it can become another
 * role. Vendor’s text belongs into `vendorSql`.
 */
export async function sqlAsOwner(
  engine: Execution,
  postgres: string,
  { name, owner, ownerSecret }: Pick<DatabaseSpec, 'name' | 'owner' | 'ownerSecret'>,
  text: string,
): Promise<string> {
  const { command, input } = await asRole(PSQL, { database: name, role: owner, secret: ownerSecret })
  return run(engine, postgres, command, `${input}${text}`)
}

export interface Login {
  readonly database: string
  readonly role: string
  /** File on the host with the role's password. */
  readonly secret: string
}

/**
 * One of PostgreSQL's own programs in a session that a role logged in to, never the superuser's: what the application put
 * into its database can act for nobody but itself.
 * @returns the command for the postgres container and what its input must begin with
 */
export async function asRole(program: readonly string[], { database, role, secret }: Login) {
  const password = (await readFile(secret, 'utf8')).trim()
  const command = ['sh', '-c', WITH_PASSWORD, 'sh', ...program, '-h', '127.0.0.1', '-U', role, '-d', database]
  return { command, input: `${password}\n` }
}

/**
 * Has psql send a text to the server as it is. psql’s own commands (`\!` starts a shell in the container, where the
 * superuser’s socket is) mean nothing there; the random tag keeps the text from ending the quotes.
 */
export function vendorSql(text: string): string {
  const tag = `$v${randomBytes(16).toString('hex')}$`
  return `SELECT ${tag}${text}${tag} \\gexec\n`
}

async function run(engine: Execution, postgres: string, command: readonly string[], stdin: string): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.exec(postgres, command, { user: '70', stdin })
  if (exitCode === 0) return stdout
  throw new UserError(`PostgreSQL refused: ${stderr.trim() || `psql ended with code ${exitCode}`}`, {
    code: 'DATABASE_REFUSED',
    hint: `Look at what PostgreSQL printed: docker logs ${postgres}`,
  })
}

/**
 * A SCRAM-SHA-256 verifier as PostgreSQL stores it (RFC 5803), so that the password itself is never in a statement that
 * a log could keep. 4096 iterations, PostgreSQL’s default.
 */
export function scramVerifier(password: string, salt = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}

const verifierOf = async (secret: string) => scramVerifier((await readFile(secret, 'utf8')).trim())

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

interface Verifiers {
  readonly owner: string
  readonly app: string
  readonly agent: string
  readonly meter: string
}

function rolesSql(database: DatabaseSpec, verifiers: Verifiers): string {
  const { name, owner, app } = database
  const role = (role: string, verifier: string) => `
DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) THEN CREATE ROLE ${identifier(role)}; END IF; END$$;
ALTER ROLE ${identifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${literal(verifier)};`
  const create = (database: string, owner: string) => `
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''', ${literal(database)}, ${literal(owner)})
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) \\gexec
REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC;`
  return `${role(owner, verifiers.owner)}${role(app, verifiers.app)}${role(AGENT_ROLE, verifiers.agent)}${role(METER_ROLE, verifiers.meter)}
${METER_SETTINGS}
GRANT ${identifier(app)} TO ${identifier(owner)};
-- Not inherited: the agent acts as the owner only where it says so (read-only standing, triggers on the owner's tables).
GRANT ${identifier(owner)} TO ${AGENT_ROLE} WITH INHERIT FALSE, SET TRUE;
-- Databases that every PostgreSQL has: applications look there which others there are, and nobody else needs to.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres, template1 TO ${identifier(owner)}, ${identifier(app)};
${create(name, owner)}${create(AGENT_DATABASE, AGENT_ROLE)}
${accessSql(database)}`
}

/**
 * Meters may look at nothing for long, at no time of their own, and with one processor. That they may only read is a matter of
 * rights; that they do so in transactions that only read keeps functions of the application's from writing for them.
 */
const METER_SETTINGS = `ALTER ROLE ${METER_ROLE} CONNECTION LIMIT 3;
ALTER ROLE ${METER_ROLE} SET default_transaction_read_only = on;
ALTER ROLE ${METER_ROLE} SET statement_timeout = '2s';
ALTER ROLE ${METER_ROLE} SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE ${METER_ROLE} SET timezone = 'UTC';
ALTER ROLE ${METER_ROLE} SET max_parallel_workers_per_gather = 0;`

const recreateSql = (database: DatabaseSpec) => `
DROP DATABASE IF EXISTS ${identifier(database.name)} WITH (FORCE);
CREATE DATABASE ${identifier(database.name)} OWNER ${identifier(database.owner)} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE ${identifier(database.name)} FROM PUBLIC;
${accessSql(database)}COMMENT ON DATABASE ${identifier(database.name)} IS ${literal(INITIALIZING)};
`

/** The agent may make a schema of its own in the application’s database; what is in it is out of the application’s reach. */
const accessSql = ({
  name,
  app,
}: DatabaseSpec) => `GRANT CONNECT, TEMPORARY ON DATABASE ${identifier(name)} TO ${identifier(app)};
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${identifier(name)} TO ${AGENT_ROLE};
GRANT CONNECT ON DATABASE ${identifier(name)} TO ${METER_ROLE};
`

/** Says of a database that was filled in another way than by the application's own initialisation that it is whole. */
export const markInitialized = async (engine: Execution, postgres: string, database: DatabaseSpec): Promise<void> => {
  await sql(engine, postgres, 'postgres', commentSql(database, INITIALIZED))
}

const commentSql = ({ name }: DatabaseSpec, text: string) =>
  `COMMENT ON DATABASE ${identifier(name)} IS ${literal(text)};`

/**
 * The application’s role may read and write rows and draw numbers, the meters’ role may read rows; everything else is the
 * owner’s. (With pg_read_all_data the meters would also read who may log in to PostgreSQL.)
 */
const grantsSql = ({ app, grants }: DatabaseSpec) => `
GRANT USAGE ON SCHEMA public TO ${identifier(app)};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${identifier(app)};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ${identifier(app)};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${identifier(app)};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${identifier(app)};
GRANT USAGE ON SCHEMA public TO ${METER_ROLE};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${METER_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${METER_ROLE};
${grants?.trim() ? vendorSql(grants) : ''}`
