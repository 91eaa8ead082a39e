import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AGENT,
  APP,
  OWNER,
  PASSWORD,
  startServer,
  type TestDatabase,
  type TestServer,
} from '@domicile/license/testing/instruments/test-database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PostgresDatabase } from '../database.ts'
import { askMeters, type Question } from './meter-database.ts'
import { prepareWitness, readWitness, type Seen, writeWitness } from './witness.ts'

const METER = 'domicile_meter'
const ROWS = 300_000

let server: TestServer
let stack: TestDatabase
let own: TestDatabase
let meters: PostgresDatabase
let folder: string
beforeAll(async () => {
  server = await startServer()
  stack = await server.makeDatabase()
  own = await server.makeDatabase()
  folder = await mkdtemp(join(tmpdir(), 'meter-role-'))
  await writeFile(join(folder, 'password'), PASSWORD)
  const admin = await stack.connect('postgres')
  await admin.query(`CREATE ROLE ${METER} LOGIN PASSWORD '${PASSWORD}'`)
  await admin.query(`GRANT CONNECT ON DATABASE ${stack.name} TO ${METER}`)
  const owner = await stack.connect('postgres')
  await owner.query(`GRANT CREATE ON SCHEMA public TO ${OWNER}; SET ROLE ${OWNER}`)
  await owner.query(`CREATE TABLE res_user (id int PRIMARY KEY, name text, active bool)`)
  await owner.query(`CREATE TABLE sale (id serial PRIMARY KEY, create_date timestamp(6), note text)`)
  await owner.query(`INSERT INTO res_user SELECT n, 'user ' || n, n <= 40 FROM generate_series(1, 200) n`)
  await owner.query(`INSERT INTO sale (create_date, note)
    SELECT timestamp '2026-11-01' + n * interval '10 seconds', repeat('x', 60) FROM generate_series(1, ${ROWS}) n`)
  await owner.query('CREATE INDEX ON sale (create_date)')
  // Runs as who made it: rights alone do not keep it from writing.
  await owner.query(`CREATE FUNCTION sly() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
    $$INSERT INTO sale (note) VALUES ('sly') RETURNING id::bigint$$`)
  await owner.query(`GRANT USAGE ON SCHEMA public TO ${METER}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${METER}`)
  await owner.query('RESET ROLE; ANALYZE')
  meters = new PostgresDatabase(
    { host: server.host, database: stack.name, role: METER, passwordFile: join(folder, 'password') },
    () => undefined,
    { connections: 1, statementMs: 2000 },
  )
})
afterAll(async () => {
  await meters.end()
  for (const database of [stack, own]) await database.drop()
  await server.stop()
  await rm(folder, { recursive: true })
})

const level = (name: string, sql: string): Question => ({ name, sql, period: null })
const ask = (...questions: Question[]) => askMeters(meters, questions, () => performance.now())
const values = async (...questions: Question[]) => (await ask(...questions)).answers.map(({ value }) => value)
const problems = async (...questions: Question[]) => (await ask(...questions)).answers.map(({ problem }) => problem)
const USERS = level('users', 'select count(*) from res_user where active;')
const SALES: Question = {
  name: 'sale.transactions',
  sql: 'select count(*) from sale where create_date >= $1 and create_date < $2 -- of the period',
  period: ['2026-11-22T08:00:00.000Z', '2026-11-22T09:00:00.000Z'],
}

describe('the stack’s meters', () => {
  test('say how many there are, and how many came to be in an hour of UTC', async () => {
    expect(await values(USERS, SALES, level('cte', 'with a as (select 3 as n) select sum(n) from a'))).toEqual([
      ...[40, 360, 3],
    ])
  })

  test('do not depend on how the server’s own clock is set', async () => {
    const zone = level('zone', "select extract(hour from timestamptz '2026-11-22 08:00Z')::int")
    expect(await values(zone)).toEqual([8])
  })

  test.each([
    ['insert', "with new as (insert into sale (note) values ('x') returning id) select count(*) from new", '0A000'],
    ['write through a function of the owner', 'select sly()', '25006'],
    ['leave the transaction that only reads', "select set_config('transaction_read_only', 'off', true)", '25001'],
    ['make a table', 'select 1) as a(v); create table mine (a int); select (1', '42601'],
    ['read who may log in', 'select count(*) from pg_authid', '42501'],
    ['lock a table', 'select count(*) from (select 1 from res_user for update) a', '25006'],
  ])('cannot %s', async (_, sql, code) => {
    const admin = await stack.connect('postgres')
    const count = async () => (await admin.query('SELECT count(*) FROM sale')).rows[0].count

    expect(await problems(level('sly', sql), USERS)).toEqual([code, null])
    expect(await count()).toBe(String(ROWS))
    expect((await admin.query("SELECT to_regclass('mine') AS mine")).rows[0].mine).toBeNull()
  })

  test('that take too long or wait for a lock are unknown; the others are asked', async () => {
    const began = performance.now()
    expect(await problems(level('slow', 'select 1 from pg_sleep(60)'), USERS)).toEqual(['57014', null])
    expect(performance.now() - began).toBeLessThan(4000)

    const migration = await stack.connect('postgres')
    await migration.query('BEGIN; LOCK TABLE sale IN ACCESS EXCLUSIVE MODE')
    const waited = performance.now()
    expect(await problems(SALES, USERS)).toEqual(['55P03', null])
    expect(performance.now() - waited).toBeLessThan(1500)
    await migration.query('ROLLBACK')
  })

  test.each([
    ['many rows', 'select n from generate_series(1, 3000000) n'],
    ['no row', 'select 1 where false'],
    ['nothing', 'select null::bigint'],
    ['a fraction', 'select 2.5'],
    ['a text', "select repeat('Ana', 10000000)"],
    ['more than can be counted', 'select 9007199254740993'],
  ])('that return %s are unknown, and cost the agent no memory', async (_, sql) => {
    const before = process.memoryUsage.rss()

    expect(await problems(level('odd', sql), USERS)).toEqual(['NOT_ONE_INTEGER', null])
    expect(process.memoryUsage.rss() - before).toBeLessThan(20 * 1024 * 1024)
  })

  test('say by a code alone that the database is not there', async () => {
    const nowhere = new PostgresDatabase(
      { host: server.host, database: 'nowhere', role: METER, passwordFile: join(folder, 'password') },
      () => undefined,
    )
    expect(await askMeters(nowhere, [USERS], () => 0)).toEqual({ answers: [], unreachable: '3D000' })
    await nowhere.end()
    const away = new PostgresDatabase(
      { host: '127.0.0.1', database: stack.name, role: METER, passwordFile: join(folder, 'password') },
      () => undefined,
    )
    expect(await askMeters(away, [USERS], () => 0)).toEqual({ answers: [], unreachable: 'ECONNREFUSED' })
    await away.end()
  })
})

describe('the witness', () => {
  const seen = (lines: number): Seen => ({
    ...{ genesis: 'a', length: 5, head: 'b', day: '2026-11-22', lines, digits: 'c', at: '2026-11-22T08:00:00.000Z' },
  })

  test('remembers one state, the last, and the application cannot see it', async () => {
    await prepareWitness(own.agent)
    await prepareWitness(own.agent)
    expect(await readWitness(own.agent)).toBeNull()
    await writeWitness(own.agent, seen(1))
    await writeWitness(own.agent, seen(2))

    expect(await readWitness(own.agent)).toEqual(seen(2))
    const app = await own.connect(APP)
    await expect(app.query('SELECT * FROM domicile.witness')).rejects.toThrow('permission denied')
  })

  test('belongs to the agent alone', async () => {
    const { rows } = await own.agent.query<{ tableowner: string }>(
      "SELECT tableowner FROM pg_tables WHERE tablename = 'witness'",
    )
    expect(rows).toEqual([{ tableowner: AGENT }])
  })
})
