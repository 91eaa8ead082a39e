import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from './database.ts'
import { makeReadOnly, makeWritable } from './read-only.ts'
import { readOnlyState } from './read-only-state.ts'
import {
  AGENT,
  APP,
  inTransaction,
  OWNER,
  startServer,
  type TestDatabase,
  type TestServer,
} from './test-database.fixture.ts'

let server: TestServer
let db: TestDatabase
let owner: pg.Client
let app: pg.Client

const writable = { session: 'all', cron: ['next_call', 'gone'], missing: 'all' } as const
const place = { owner: OWNER, app: APP, writable: writable as never }

const TABLES = `
  GRANT USAGE, CREATE ON SCHEMA public TO ${APP};
  CREATE TABLE party (id int PRIMARY KEY, name text);
  CREATE TABLE address (id int PRIMARY KEY, party int REFERENCES party);
  CREATE TABLE session (id int PRIMARY KEY, party int REFERENCES party);
  CREATE TABLE cron (id int PRIMARY KEY, next_call text, code text);
  CREATE TABLE "Mixed Case ""quoted""" ("Column ""x""" int, other int);
  CREATE TABLE measured (at int, value int) PARTITION BY RANGE (at);
  CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM (0) TO (10);
  CREATE TABLE untouched (id int);
  CREATE VIEW names AS SELECT id, name FROM party;
  CREATE SEQUENCE numbers;
  CREATE SCHEMA more; CREATE TABLE more.notes (id int); GRANT USAGE ON SCHEMA more TO ${APP};
  INSERT INTO party VALUES (1, 'one'); INSERT INTO cron VALUES (1, 'now', 'x');`

const ODD_RIGHTS = `
  GRANT SELECT, INSERT, UPDATE, DELETE ON party, address, session, cron, measured, measured_1, names TO ${APP};
  GRANT SELECT, TRUNCATE, INSERT ON more.notes TO ${APP} WITH GRANT OPTION;
  GRANT SELECT, UPDATE ("Column ""x"""), INSERT (other) ON "Mixed Case ""quoted""" TO ${APP};
  GRANT INSERT, SELECT ON untouched TO PUBLIC;
  GRANT USAGE, SELECT, UPDATE ON numbers TO ${APP};
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO ${APP};
  ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO ${APP};`

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  db = await server.makeDatabase()
  owner = await db.connect(OWNER)
  app = await db.connect(APP)
  await owner.query(TABLES)
  await owner.query(ODD_RIGHTS)
  await app.query('CREATE TABLE own (id int)')
  await app.query(`GRANT INSERT ON more.notes TO PUBLIC`)
})
afterEach(() => db.drop())

/** Every access list of the database but our own, its entries in order, as PostgreSQL prints them. */
async function rights(): Promise<Record<string, string>> {
  const { rows } = await owner.query<{ what: string; acl: string[] }>(`
    SELECT c.oid::regclass::text AS what, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text[] AS acl
      FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('public', 'more')
    UNION ALL SELECT a.attrelid::regclass || '.' || a.attname, a.attacl::text[] FROM pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384
    UNION ALL SELECT 'schema ' || nspname, nspacl::text[] FROM pg_namespace WHERE nspname IN ('public', 'more')
    UNION ALL SELECT 'default ' || defaclnamespace::regnamespace::text || defaclobjtype::text, defaclacl::text[] FROM pg_default_acl`)
  return Object.fromEntries(rows.map(({ what, acl }) => [what, acl?.toSorted().join(' ')]))
}

const refused = (text: string, client = app) =>
  expect(client.query(text), text).rejects.toMatchObject({ code: '42501' })
const works = (text: string, client = app) => expect(client.query(text), text).resolves.toBeDefined()

test('what was there comes back exactly, however often each way is gone', async () => {
  const before = await rights()
  expect(await makeReadOnly(db.agent, place)).toBe(true)
  const readOnly = await rights()
  expect(readOnly).not.toEqual(before)

  expect(await makeReadOnly(db.agent, place)).toBe(false)
  expect(await rights()).toEqual(readOnly)

  expect(await makeWritable(db.agent, place)).toBe(true)
  expect(await rights()).toEqual(before)
  expect(await makeWritable(db.agent, place)).toBe(false)
  expect(await rights()).toEqual(before)
})

test('the application reads, and writes nothing but what is exempt', async () => {
  await makeReadOnly(db.agent, place)

  await refused("INSERT INTO party VALUES (2, 'two')")
  await refused("UPDATE party SET name = 'x'")
  await refused('DELETE FROM address')
  await refused('TRUNCATE more.notes')
  await refused('INSERT INTO more.notes VALUES (1)')
  await refused(`UPDATE "Mixed Case ""quoted""" SET "Column ""x""" = 1`)
  await refused(`INSERT INTO "Mixed Case ""quoted""" (other) VALUES (1)`)
  await refused('INSERT INTO measured VALUES (1, 1)')
  await refused('INSERT INTO measured_1 VALUES (1, 1)')
  await refused("INSERT INTO names VALUES (3, 'three')")
  await refused('INSERT INTO untouched VALUES (1)')
  await refused('INSERT INTO own VALUES (1)')
  await refused('CREATE TABLE another (id int)')
  await refused("UPDATE cron SET code = 'y'")
  await refused('DELETE FROM cron')

  await works('SELECT * FROM party')
  await works('INSERT INTO session VALUES (1, 1)')
  await works('UPDATE session SET party = NULL')
  await works('DELETE FROM session')
  await works("UPDATE cron SET next_call = 'later'")
  await works('SELECT * FROM cron FOR UPDATE')
  await works("SELECT nextval('numbers')")
  expect((await readOnlyState(db.agent, place)).holes).toEqual([])
})

test('nothing that could not be written before can be written then', async () => {
  await owner.query(`REVOKE ALL ON session, cron FROM ${APP}; GRANT SELECT ON session, cron TO ${APP}`)
  await makeReadOnly(db.agent, place)
  await refused('INSERT INTO session VALUES (1, 1)')
  await refused("UPDATE cron SET next_call = 'later'")
})

test('the owner keeps its rights, and foreign keys are checked', async () => {
  await makeReadOnly(db.agent, place)
  await works('INSERT INTO address VALUES (1, 1)', owner)
  await works('INSERT INTO session VALUES (1, 1)')
})

test('what was being written is finished', async () => {
  await app.query('BEGIN')
  await app.query("INSERT INTO party VALUES (2, 'two')")
  await makeReadOnly(db.agent, place)
  await app.query('COMMIT')
  await refused("INSERT INTO party VALUES (3, 'three')")
  expect((await owner.query('SELECT count(*)::int AS n FROM party')).rows[0].n).toBe(2)
})

test('tables made, dropped, renamed and changed meanwhile are as if nothing had been', async () => {
  await makeReadOnly(db.agent, place)
  await owner.query(`
    CREATE TABLE made (id int); DROP TABLE address; CREATE TABLE address (id int, changed text);
    DROP TABLE measured; ALTER TABLE party RENAME TO people; ALTER TABLE cron DROP COLUMN code`)
  await refused('INSERT INTO made VALUES (1)')

  expect(await makeReadOnly(db.agent, place)).toBe(false)
  await refused('DELETE FROM address')
  await refused('DELETE FROM people')

  await makeWritable(db.agent, place)
  for (const table of ['made', 'address', 'people']) {
    await works(`DELETE FROM ${table}`)
    await works(`INSERT INTO ${table} (id) VALUES (1)`)
  }
  expect(await rights()).toMatchObject({ made: (await rightsOfNewTable()) as string })
})

async function rightsOfNewTable() {
  await owner.query('CREATE TABLE afterwards (id int)')
  return (await rights())['afterwards']
}

describe('what somebody gives back is seen and closed', () => {
  test.each([
    ['on a table', `GRANT DELETE ON party TO ${APP}`, { table: 'party', privileges: ['DELETE'] }],
    ['on a column', `GRANT UPDATE (name) ON party TO ${APP}`, { table: 'party', privileges: ['UPDATE (name)'] }],
    ['to everybody', 'GRANT INSERT ON address TO PUBLIC', { table: 'address', privileges: ['INSERT'] }],
    [
      'to make tables',
      `GRANT CREATE ON SCHEMA more TO ${APP}`,
      { schema: 'more', table: null, privileges: ['CREATE'] },
    ],
  ])('%s', async (_, sql, hole) => {
    await makeReadOnly(db.agent, place)
    await owner.query(sql)
    const { holes, readOnly, since } = await readOnlyState(db.agent, place)
    expect({ readOnly, holes }).toMatchObject({ readOnly: true, holes: [hole] })
    expect(Math.abs(Date.now() - Date.parse(since ?? ''))).toBeLessThan(60_000)

    await makeReadOnly(db.agent, place)
    expect((await readOnlyState(db.agent, place)).holes).toEqual([])
  })

  test('by the application on a table of its own', async () => {
    await makeReadOnly(db.agent, place)
    await app.query(`GRANT INSERT ON own TO ${APP}`)
    expect((await readOnlyState(db.agent, place)).holes).toMatchObject([{ table: 'own', privileges: ['INSERT'] }])
    await makeReadOnly(db.agent, place)
    await refused('INSERT INTO own VALUES (1)')
  })

  test('by way of a role that the application is given', async () => {
    const admin = await db.connect('postgres')
    await admin.query('CREATE ROLE writers')
    try {
      await owner.query('GRANT INSERT ON party TO writers')
      const before = await rights()
      await makeReadOnly(db.agent, place)
      await admin.query(`GRANT writers TO ${APP}`)
      expect((await readOnlyState(db.agent, place)).holes).toMatchObject([{ table: 'party', privileges: ['INSERT'] }])
      await makeReadOnly(db.agent, place)
      await refused("INSERT INTO party VALUES (2, 'two')")
      await makeWritable(db.agent, place)
      expect(await rights()).toEqual(before)
    } finally {
      await admin.query('DROP OWNED BY writers; DROP ROLE writers')
    }
  })

  test('by making it a superuser: seen, though it cannot be closed', async () => {
    const admin = await db.connect('postgres')
    await makeReadOnly(db.agent, place)
    await admin.query(`ALTER ROLE ${APP} SUPERUSER`)
    try {
      expect((await readOnlyState(db.agent, place)).holes.length).toBeGreaterThan(5)
    } finally {
      await admin.query(`ALTER ROLE ${APP} NOSUPERUSER`)
    }
  })
})

test('rights given by another role with the grant option are taken, and come back', async () => {
  const admin = await db.connect('postgres')
  await admin.query('CREATE ROLE middleman')
  try {
    await owner.query('GRANT INSERT ON party TO middleman WITH GRANT OPTION')
    await admin.query(`REVOKE INSERT ON party FROM ${APP}`)
    await admin.query(`SET ROLE middleman; GRANT INSERT ON public.party TO ${APP}; RESET ROLE`)
    await makeReadOnly(db.agent, place)
    await refused("INSERT INTO party VALUES (2, 'two')")
    await makeWritable(db.agent, place)
    await works("INSERT INTO party VALUES (2, 'two')")
    expect((await rights())['party']).toContain('middleman=a*/')
  } finally {
    await admin.query('DROP OWNED BY middleman; DROP ROLE middleman')
  }
})

describe('killed between any two effects', () => {
  test.each([
    ['on the way to read-only', (agent: Database) => makeReadOnly(agent, place), false],
    ['on the way back', (agent: Database) => makeWritable(agent, place), true],
  ])('%s, everything is old or everything is new', async (_, change, readOnlyFirst) => {
    if (readOnlyFirst) await makeReadOnly(db.agent, place)
    const before = await rights()
    let killed = 0
    for (let step = 1; step < 200; step++) {
      const client = await db.connect(AGENT)
      const done = await change(dyingAfter(step, client)).then(
        () => true,
        () => false,
      )
      if (done) break
      killed++
      expect(await rights()).toEqual(before)
    }
    expect(killed).toBeGreaterThan(10)
    expect(await rights()).not.toEqual(before)
    expect((await readOnlyState(db.agent, place)).readOnly).toBe(!readOnlyFirst)
  })
})

/** A connection that PostgreSQL ends before its n-th statement. */
function dyingAfter(statements: number, client: pg.Client): Database {
  let left = statements
  const query: Database['query'] = async (text, values) => {
    if (left-- === 0) await owner.query('SELECT 1').then(() => terminate(client))
    return client.query(text, values as unknown[]) as never
  }
  return inTransaction({ query } as never)
}

async function terminate(client: pg.Client): Promise<void> {
  const ended = new Promise((resolve) => client.once('end', resolve))
  const admin = await db.connect('postgres')
  await admin.query('SELECT pg_terminate_backend($1)', [(client as unknown as { processID: number }).processID])
  await ended
}

test('the rights that were are nobody else’s to read or change', async () => {
  await makeReadOnly(db.agent, place)
  for (const client of [app, owner]) {
    await refused('SELECT * FROM domicile.acl', client)
    await refused('DELETE FROM domicile.read_only', client)
  }
})
