import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GuardedUsers } from '../manifest.ts'
import { guardUsage, installGuard, removeGuard, setAllowed } from './guard.ts'
import { inspectGuard, repairGuard } from './guard-inspection.ts'
import { AGENT, APP, OWNER, startServer, type TestDatabase, type TestServer } from './test-database.fixture.ts'

let server: TestServer
let db: TestDatabase
let owner: pg.Client
let app: pg.Client
let admin: pg.Client

const spec: GuardedUsers = { table: 'users', active: 'active', except: { id: [0], login: [null] } }
const place = { owner: OWNER }
const MESSAGE = '{used} of {allowed} named users are active. Deactivate one first.'

/** Of ids 0 to 9 the even ones are active; 0 is exempt and 8 cannot log in: three count. */
const TABLES = `
  GRANT USAGE ON SCHEMA public TO ${APP};
  CREATE TABLE users (id int PRIMARY KEY, login text UNIQUE, active boolean, note text);
  CREATE TABLE party (id int PRIMARY KEY);
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON users, party TO ${APP};
  INSERT INTO users SELECT n, nullif('user' || n, 'user8'), n % 2 = 0 FROM generate_series(0, 9) n;`

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  db = await server.makeDatabase()
  ;[owner, app, admin] = await Promise.all([db.connect(OWNER), db.connect(APP), db.connect('postgres')])
  await owner.query(TABLES)
})
afterEach(() => db.drop())

async function guarded(allowed: number | null): Promise<void> {
  await installGuard(db.agent, spec, place)
  await setAllowed(db.agent, allowed, MESSAGE)
}

const add = (id: number, client = app) => client.query(`INSERT INTO users VALUES (${id}, 'user${id}', true)`)
const used = async () => (await guardUsage(db.agent))?.used
const inspect = () => inspectGuard(db.agent, spec, place)
const activeIds = async () =>
  (await owner.query('SELECT id FROM users WHERE active ORDER BY id')).rows.map(({ id }) => id)

describe('at the limit', () => {
  test.each([
    ['one below', 4, true],
    ['at it', 3, false],
    ['above it, since it was lowered', 2, false],
  ])('%s, %i allowed and 3 active: the next one comes in: %s', async (_, allowed, comesIn) => {
    await guarded(allowed)
    const next = add(11)
    if (comesIn) await expect(next).resolves.toBeDefined()
    else
      await expect(next).rejects.toMatchObject({
        code: 'DL001',
        message: `LICENCE_USERS: 3 of ${allowed} named users are active. Deactivate one first.`,
      })
    expect(await used()).toBe(comesIn ? 4 : 3)
    expect(await inspect()).toEqual([])
  })

  test('everything else goes on', async () => {
    await guarded(1)
    await app.query("UPDATE users SET note = 'seen', active = active")
    await app.query("UPDATE users SET login = 'renamed', active = true WHERE id = 2")
    await app.query("INSERT INTO users VALUES (12, 'inactive', false), (13, NULL, true)")
    await app.query("INSERT INTO users VALUES (2, 'again', true) ON CONFLICT DO NOTHING")
    await app.query("INSERT INTO users VALUES (2, 'again', true) ON CONFLICT (id) DO UPDATE SET login = excluded.login")
    await app.query('UPDATE users SET active = false WHERE id = 4')
    await app.query('DELETE FROM users WHERE id = 6')
    await app.query('UPDATE users SET active = true WHERE id = 0')
    expect(await guardUsage(db.agent)).toEqual({ used: 1, allowed: 1 })
    expect(await inspect()).toEqual([])
  })

  test('coming back counts, in every way there is', async () => {
    await guarded(3)
    for (const way of [
      'UPDATE users SET active = true WHERE id = 1',
      "UPDATE users SET login = 'now one' WHERE id = 8",
      'UPDATE users SET id = 20 WHERE id = 0',
      "INSERT INTO users VALUES (1, 'user1', true) ON CONFLICT (id) DO UPDATE SET active = true",
      'MERGE INTO users u USING (VALUES (1)) v(id) ON u.id = v.id WHEN MATCHED THEN UPDATE SET active = true',
    ])
      await expect(app.query(way), way).rejects.toMatchObject({ code: 'DL001' })
    await app.query('UPDATE users SET active = false WHERE id = 2')
    await app.query('UPDATE users SET active = true WHERE id = 1')
    expect(await used()).toBe(3)
  })

  test('several at once come in together or not at all', async () => {
    await guarded(5)
    await expect(app.query('UPDATE users SET active = true')).rejects.toMatchObject({ code: 'DL001' })
    expect(await activeIds()).toEqual([0, 2, 4, 6, 8])
    await app.query('UPDATE users SET active = true WHERE id IN (1, 3)')
    expect(await used()).toBe(5)
  })

  test('what the application’s own triggers make of a row is what counts', async () => {
    await owner.query(`
      CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.active := NEW.note IS DISTINCT FROM ''off''; RETURN NEW; END';
      CREATE TRIGGER zz BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION zz()`)
    await guarded(3)
    await expect(app.query("INSERT INTO users VALUES (11, 'x', false)")).rejects.toMatchObject({ code: 'DL001' })
    await app.query("INSERT INTO users VALUES (12, 'y', true, 'off')")
    expect(await inspect()).toEqual([])
  })

  test('deleting and emptying give room', async () => {
    await guarded(3)
    await app.query('DELETE FROM users WHERE id = 2')
    await add(11)
    await app.query('TRUNCATE users')
    expect(await used()).toBe(0)
    await app.query('BEGIN')
    await add(1)
    await app.query('ROLLBACK')
    expect(await used()).toBe(0)
    for (const id of [1, 2, 3]) await add(id)
    await expect(add(4)).rejects.toMatchObject({ code: 'DL001' })
    expect(await inspect()).toEqual([])
  })
})

describe('64 at once on 10 places', () => {
  test.each(['READ COMMITTED', 'REPEATABLE READ'])('%s: exactly 10 come in', async (level) => {
    await guarded(13)
    const clients = await Promise.all(Array.from({ length: 64 }, () => db.connect(APP)))
    const outcomes = await Promise.all(clients.map((client, index) => comeIn(client, 100 + index, level)))
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(10)
    expect(outcomes.filter((outcome) => outcome === 'DL001')).toHaveLength(54)
    expect(await guardUsage(db.agent)).toEqual({ used: 13, allowed: 13 })
    expect(await inspect()).toEqual([])
  })
})

/** As an application does: a query first, which fixes what REPEATABLE READ sees; 40001 is tried again. */
async function comeIn(client: pg.Client, id: number, level: string): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      await client.query(`BEGIN ISOLATION LEVEL ${level}`)
      await client.query('SELECT count(*) FROM users')
      await add(id, client)
      await client.query('COMMIT')
      return 'in'
    } catch (error) {
      await client.query('ROLLBACK')
      const { code } = error as { code: string }
      if (code !== '40001') return code
    }
  }
  return 'never'
}

test('while the limit moves up and down under 32 who come and go, nobody comes in above it', async () => {
  await guarded(5)
  const clients = await Promise.all(Array.from({ length: 32 }, () => db.connect(APP)))
  const comeAndGo = async (client: pg.Client, id: number) => {
    for (let turn = 0; turn < 10; turn++) {
      if ((await comeIn(client, id, turn % 2 ? 'READ COMMITTED' : 'REPEATABLE READ')) === 'in')
        await client.query(`DELETE FROM users WHERE id = ${id}`)
    }
  }
  const moveLimit = async () => {
    for (let turn = 0; turn < 20; turn++) await setAllowed(db.agent, 3 + (turn % 4), MESSAGE)
  }
  await Promise.all([...clients.map((client, index) => comeAndGo(client, 100 + index)), moveLimit()])
  expect(await used()).toBe(3)
  expect(await inspect()).toEqual([])
})

describe('what it costs', () => {
  test('other tables have no trigger, and updates of users that change nothing about it call nothing', async () => {
    await guarded(3)
    const { rows } = await admin.query(
      'SELECT DISTINCT tgrelid::regclass::text AS t FROM pg_trigger WHERE NOT tgisinternal',
    )
    expect(rows).toEqual([{ t: 'users' }])
    const calls = async (sql: string) => {
      await admin.query("BEGIN; SET LOCAL track_functions = 'all'")
      await admin.query(sql)
      const counted = await admin.query('SELECT sum(calls)::int AS n FROM pg_stat_xact_user_functions')
      await admin.query('ROLLBACK')
      return counted.rows[0].n
    }
    expect(await calls("UPDATE public.users SET note = 'x', login = login || 'x', active = active")).toBeNull()
    expect(await calls('UPDATE public.users SET active = false')).toBe(3)
  })

  test('installing waits for a busy table some seconds, no longer, and changes nothing then', async () => {
    await app.query("BEGIN; UPDATE users SET note = 'x'")
    await expect(installGuard(db.agent, spec, place)).rejects.toMatchObject({ code: '55P03' })
    await app.query('COMMIT')
    expect(await guardUsage(db.agent)).toBeNull()
  })
})

test('users by the values of a column, of any type', async () => {
  await owner.query(`
    CREATE TYPE mood AS ENUM ('on', 'off');
    CREATE TABLE "members" (id int, state mood, kind varchar(9) DEFAULT 'o''\\x');
    GRANT ALL ON members TO ${APP}; INSERT INTO members VALUES (1, 'on'), (2, 'off'), (4, NULL);
    INSERT INTO members VALUES (3, 'on', 'robot')`)
  const members: GuardedUsers = {
    table: 'members',
    active: { column: 'state', values: ['on'] },
    except: { kind: ['robot', "it's"] },
  }
  await installGuard(db.agent, members, place)
  await setAllowed(db.agent, 2, MESSAGE)
  await app.query("UPDATE members SET state = 'on' WHERE id = 2")
  await expect(app.query("INSERT INTO members VALUES (5, 'on')")).rejects.toMatchObject({ code: 'DL001' })
  await app.query("INSERT INTO members VALUES (6, 'on', 'it''s')")
  expect(await inspectGuard(db.agent, members, place)).toEqual([])
  expect(await used()).toBe(2)
})

test('migrations run between taking it out and putting it in, and whoever was active is', async () => {
  await guarded(2)
  const before = await activeIds()
  await removeGuard(db.agent, spec, place)
  await removeGuard(db.agent, spec, place)
  expect(await guardUsage(db.agent)).toBeNull()
  await owner.query(`
    ALTER TABLE users RENAME TO users_old; CREATE TABLE users (LIKE users_old INCLUDING ALL, email text);
    INSERT INTO users SELECT * FROM users_old; DROP TABLE users_old; GRANT ALL ON users TO ${APP}`)

  await installGuard(db.agent, spec, place)
  await installGuard(db.agent, spec, place)

  expect(await activeIds()).toEqual(before)
  expect(await guardUsage(db.agent)).toEqual({ used: 3, allowed: 2 })
  await expect(add(11)).rejects.toMatchObject({ code: 'DL001' })
})

test('a limit is changed once', async () => {
  expect(await setAllowed(db.agent, 5, MESSAGE)).toBe(true)
  expect(await setAllowed(db.agent, 5, MESSAGE)).toBe(false)
  expect(await setAllowed(db.agent, null, MESSAGE)).toBe(true)
})

describe('the application and the owner of its tables cannot get at it', () => {
  test.each([
    'DROP TRIGGER domicile_users_insert ON users',
    'ALTER TABLE users DISABLE TRIGGER ALL',
    'SET session_replication_role = replica',
    'ALTER FUNCTION domicile.guard() SECURITY INVOKER',
    'DROP SCHEMA domicile CASCADE',
    `SET ROLE ${OWNER}`,
    ...['SELECT * FROM domicile.guard', 'UPDATE domicile.guard SET used = 0', 'TRUNCATE domicile.guard'],
  ])('the application: %s', async (sql) => {
    await guarded(3)
    await expect(app.query(sql)).rejects.toMatchObject({ code: '42501' })
    await expect(add(11)).rejects.toMatchObject({ code: 'DL001' })
  })

  test.each([
    'UPDATE domicile.guard SET allowed = 100',
    'DROP SCHEMA domicile CASCADE',
    'DROP FUNCTION domicile.guard() CASCADE',
    'CREATE TABLE domicile.mine ()',
    'CREATE TRIGGER mine BEFORE INSERT ON party FOR EACH ROW EXECUTE FUNCTION domicile.guard()',
  ])('the owner: %s', async (sql) => {
    await guarded(3)
    await expect(owner.query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  test('names in a search path of theirs are not taken for others', async () => {
    await guarded(3)
    await app.query('CREATE TEMP TABLE guard (name text, used bigint, allowed bigint, message text)')
    await app.query("INSERT INTO guard VALUES ('users', 0, 100, '')")
    await app.query('SET search_path = pg_temp, public')
    await expect(add(11)).rejects.toMatchObject({ code: 'DL001' })
  })

  test('nor does a session that replicates get past it', async () => {
    await guarded(3)
    await admin.query('SET session_replication_role = replica')
    await expect(admin.query("INSERT INTO public.users VALUES (11, 'x', true)")).rejects.toMatchObject({
      code: 'DL001',
    })
  })
})

const TAMPERINGS: readonly (readonly [string, string, string])[] = [
  ['a trigger dropped', 'DROP TRIGGER domicile_users_insert ON users', 'GUARD_TRIGGER_MISSING'],
  ['a trigger disabled', 'ALTER TABLE users DISABLE TRIGGER domicile_users_insert', 'GUARD_TRIGGER_DISABLED'],
  ['not always any more', 'ALTER TABLE users ENABLE TRIGGER domicile_users_insert', 'GUARD_TRIGGER_DISABLED'],
  ['a condition changed', triggered('false', 'take'), 'GUARD_TRIGGER_CHANGED'],
  ['an argument changed', triggered('NEW.active IS TRUE', 'give'), 'GUARD_TRIGGER_CHANGED'],
  ['the table gone', 'ALTER TABLE users RENAME TO people', 'GUARD_TABLE_MISSING'],
  ['the column gone', 'ALTER TABLE users RENAME active TO enabled', 'GUARD_TABLE_MISSING'],
  ['another body', functionWith("'BEGIN RETURN NULL; END'"), 'GUARD_FUNCTION_CHANGED'],
  ['no definer', 'ALTER FUNCTION domicile.guard() SECURITY INVOKER', 'GUARD_FUNCTION_CHANGED'],
  ['another search path', 'ALTER FUNCTION domicile.guard() SET search_path = public', 'GUARD_FUNCTION_CHANGED'],
  ['the function gone', 'DROP FUNCTION domicile.guard() CASCADE', 'GUARD_FUNCTION_MISSING'],
  ['the function taken', `ALTER FUNCTION domicile.guard() OWNER TO postgres`, 'GUARD_OWNER_CHANGED'],
  ['the counter taken', `ALTER TABLE domicile.guard OWNER TO postgres`, 'GUARD_OWNER_CHANGED'],
  ['the counter lowered', 'UPDATE domicile.guard SET used = used - 1', 'GUARD_COUNTER_WRONG'],
  ['the counter gone', 'DROP TABLE domicile.guard', 'GUARD_COUNTER_MISSING'],
  ['the count gone', 'DELETE FROM domicile.guard', 'GUARD_COUNTER_MISSING'],
  ['users let in past it', bypassing("INSERT INTO users VALUES (50, 'x', true)"), 'GUARD_COUNTER_WRONG'],
  ['the table opened', `GRANT UPDATE ON domicile.guard TO ${APP}`, 'GUARD_EXPOSED'],
  ['the schema opened', 'GRANT CREATE ON SCHEMA domicile TO PUBLIC', 'GUARD_EXPOSED'],
  ['the function opened', `GRANT EXECUTE ON FUNCTION domicile.guard() TO ${APP}`, 'GUARD_EXPOSED'],
]

function triggered(when: string, argument: string): string {
  const trigger = 'TRIGGER domicile_users_insert'
  return `CREATE OR REPLACE ${trigger} AFTER INSERT ON users FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION domicile.guard('${argument}');
    ALTER TABLE users ENABLE ALWAYS ${trigger}`
}

function functionWith(body: string): string {
  return `CREATE OR REPLACE FUNCTION domicile.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${body}`
}

function bypassing(sql: string): string {
  const trigger = 'TRIGGER domicile_users_insert'
  return `ALTER TABLE users DISABLE ${trigger}; ${sql}; ALTER TABLE users ENABLE ALWAYS ${trigger}`
}

describe('what root changes is seen', () => {
  test.each(TAMPERINGS)('%s', async (_, sql, code) => {
    await guarded(3)
    expect(await inspect()).toEqual([])
    await admin.query(sql)
    expect((await inspect()).map((finding) => finding.code)).toContain(code)
  })

  test.each(TAMPERINGS.filter(([, , code]) => code !== 'GUARD_TABLE_MISSING'))('%s, and repaired', async (_, sql) => {
    await guarded(3)
    await admin.query(sql)
    const found = await inspect()
    const before = await activeIds()
    expect(await repairGuard(db.agent, spec, place)).toEqual(found)
    expect(await repairGuard(db.agent, spec, place)).toEqual([])
    expect(await activeIds()).toEqual(before)
    await setAllowed(db.agent, 3, MESSAGE)
    await expect(add(11)).rejects.toMatchObject({ code: 'DL001' })
    await app.query('UPDATE users SET active = false WHERE id = 2')
  })
})

test('without a counter nobody is held up', async () => {
  await guarded(3)
  await admin.query('DELETE FROM domicile.guard')
  await expect(add(11)).resolves.toBeDefined()
})

test(`nobody but ${AGENT} has a right in the schema`, async () => {
  await guarded(3)
  const { rows } = await admin.query(`SELECT has_schema_privilege(rolname, 'domicile', 'USAGE') AS may FROM pg_roles
    WHERE NOT rolsuper AND rolname <> '${AGENT}' AND rolname NOT LIKE 'pg\\_%'`)
  expect(rows).toEqual([{ may: false }, { may: false }])
})
