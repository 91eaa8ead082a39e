import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DatabaseSpec, METER_ROLE } from '../plan/index.ts'
import { asRole, databaseHandlers, scramVerifier, sqlAsOwner, vendorSql } from './database-handlers.ts'
import type { Engine } from './engine.ts'

/** A PostgreSQL of its own from the system image, without a network. */
const name = `it-scram-${randomBytes(4).toString('hex')}`
const inside = (command: string[], input = '') =>
  execa('docker', ['exec', '-i', '-u', '70', name, ...command], { input, reject: false })

beforeAll(async () => {
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default
  await execa('docker', [
    'run',
    '-d',
    '--name',
    name,
    '--network',
    'none',
    '--tmpfs',
    '/run/postgresql:uid=70,gid=70',
    '--tmpfs',
    '/run/secrets:uid=70,gid=70',
    '--entrypoint',
    'sh',
    `domicile/postgres:${version}`,
    '-c',
    'echo superuser > /run/secrets/postgres_password && exec start-postgres',
  ])
  for (let attempt = 0; attempt < 120; attempt++) {
    if ((await inside(['pg_isready', '-q', '-h', '127.0.0.1'])).exitCode === 0) return
    await sleep(250)
  }
  throw new Error(`PostgreSQL did not start: ${(await execa('docker', ['logs', name], { all: true })).all}`)
})
afterAll(() => execa('docker', ['rm', '--force', '--volumes', name]))

const engine: Pick<Engine, 'exec'> = {
  exec: async (_, command, { stdin = '' } = {}) => {
    const { exitCode = -1, stdout, stderr } = await inside([...command], stdin)
    return { exitCode, stdout, stderr }
  },
}

test('PostgreSQL lets in who knows the password behind our verifier, and nobody else', async () => {
  await inside(
    ['psql', '-U', 'postgres', '-f', '-'],
    `CREATE ROLE app LOGIN PASSWORD '${scramVerifier('correct horse')}';`,
  )
  const login = (password: string) =>
    inside(['sh', '-c', `PGPASSWORD='${password}' psql -h 127.0.0.1 -U app -d postgres -c 'select 1'`])

  expect((await login('correct horse')).exitCode).toBe(0)
  expect((await login('wrong horse')).exitCode).not.toBe(0)
})

describe('SQL of the vendor', () => {
  let folder: string
  let database: { name: string; owner: string; ownerSecret: string }
  const run = (text: string) => sqlAsOwner(engine, name, database, vendorSql(text))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'owner-'))
    database = { name: 'vendor', owner: 'vendor_owner', ownerSecret: join(folder, 'password') }
    await writeFile(database.ownerSecret, 'correct horse')
    const verifier = scramVerifier('correct horse')
    await inside(
      ['psql', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
      `CREATE ROLE vendor_owner LOGIN PASSWORD '${verifier}';\nCREATE DATABASE vendor OWNER vendor_owner;`,
    )
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('runs as the owner, many statements in one file', async () => {
    await run("CREATE TABLE t (x text); INSERT INTO t VALUES ($$a\\b'$$);\nDO $$BEGIN PERFORM 1; END$$;")

    expect(await run('SELECT x, current_user, session_user FROM t')).toBe("a\\b'|vendor_owner|vendor_owner")
  })

  test.each([
    ['take the role back', "RESET ROLE; COPY (SELECT 1) TO PROGRAM 'true'"],
    ['become the superuser', 'SET SESSION AUTHORIZATION postgres'],
    ['start a program', "COPY (SELECT 1) TO PROGRAM 'touch /tmp/taken'"],
    ['start a shell', '\\! touch /tmp/taken'],
    ['start a shell on a line of its own', 'SELECT 1;\n\\! touch /tmp/taken\n'],
    ['connect as somebody else', '\\connect vendor postgres /run/postgresql'],
    ['end the quotes', '$v$; \\! touch /tmp/taken'],
  ])('cannot %s', async (_, text) => {
    await expect(run(text)).rejects.toThrow('PostgreSQL refused')

    expect((await inside(['test', '-e', '/tmp/taken'])).exitCode).toBe(1)
  })

  test('leaves no password behind', async () => {
    expect((await inside(['sh', '-c', 'ls -A /tmp'])).stdout).toBe('')
  })
})

describe('the role that asks meters', () => {
  let folder: string
  let database: DatabaseSpec
  const asOwner = (text: string) => sqlAsOwner(engine, name, database, text)
  /** What psql says when the meters' role runs `text`. */
  const asMeter = async (text: string, where = database.name) => {
    const psql = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-']
    const login = { database: where, role: METER_ROLE, secret: database.meterSecret }
    const { command, input } = await asRole(psql, login)
    const { exitCode, stdout, stderr } = await inside(command, `${input}${text}`)
    return exitCode === 0 ? stdout : stderr
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meter-'))
    const secret = (of: string) => join(folder, of)
    for (const of of ['owner', 'app', 'agent', 'meter']) await writeFile(secret(of), `password of ${of}`)
    database = {
      ...{ name: 'metered', owner: 'metered_owner', app: 'metered_app', grants: undefined, settings: {} },
      ...{ ownerSecret: secret('owner'), appSecret: secret('app') },
      ...{ agentSecret: secret('agent'), meterSecret: secret('meter') },
    }
    const handlers = databaseHandlers(engine as Engine)
    const progress = { say: () => undefined, signal: new AbortController().signal }
    const make = async () => {
      await handlers.database.run({ kind: 'database', postgres: name, database }, progress)
      await handlers.grants.run({ kind: 'grants', postgres: name, database }, progress)
    }
    await make()
    await asOwner(`CREATE TABLE made_before (x int); INSERT INTO made_before VALUES (1);
      CREATE FUNCTION writes() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'INSERT INTO made_before VALUES (2) RETURNING 1';`)
    // A second time, as apply does it on an appliance that runs.
    await make()
    await asOwner('CREATE TABLE made_after (x int)')
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('reads what the application has, and what it will have', async () => {
    expect(await asMeter('SELECT count(*) FROM made_before')).toBe('1')
    expect(await asMeter('SELECT count(*) FROM made_after')).toBe('0')
    expect(await asMeter('SHOW timezone')).toBe('UTC')
  })

  test.each([
    ['write', 'INSERT INTO made_before VALUES (3)', 'read-only transaction'],
    [
      'write when it says that it writes',
      'BEGIN READ WRITE; DELETE FROM made_before',
      'permission denied for table made_before',
    ],
    ['make a table', 'BEGIN READ WRITE; CREATE TABLE public.mine (x int)', 'permission denied for schema public'],
    ['make a table for itself', 'BEGIN READ WRITE; CREATE TEMPORARY TABLE mine (x int)', 'permission denied to create'],
    ['write through a function of the application', 'SELECT writes()', 'read-only transaction'],
    [
      'begin to write within a query',
      "SELECT set_config('transaction_read_only', 'off', true), writes()",
      'must be set before any query',
    ],
    ['see passwords', 'SELECT count(rolpassword) FROM pg_authid', 'permission denied for table pg_authid'],
    ['read files', "SELECT length(pg_read_file('/etc/passwd'))", 'permission denied for function pg_read_file'],
    ['become the owner', 'SET ROLE metered_owner', 'permission denied to set role'],
    ['take long', 'SELECT count(*) FROM pg_sleep(10)', 'canceling statement due to statement timeout'],
  ])('cannot %s', async (_, text, refusal) => {
    expect(await asMeter(text)).toContain(refusal)
  })

  test.each(['postgres', 'template1', 'domicile'])('is not let into the database %s', async (other) => {
    expect(await asMeter('SELECT 1', other)).toContain('permission denied for database')
  })
})
