import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMeters } from '@domicile/license'
import type { MeterDescription } from '@domicile/license/ledger'
import { execa, type Options } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadStack } from '../src/stack/index.ts'

const here = import.meta.dirname
const root = join(here, '../..')
const name = `erp-test-${randomBytes(4).toString('hex')}`
const image = `domicile/${name}`
const ADMIN_PASSWORD = 'first password of admin'

const docker = (args: readonly string[], options: Options = {}) => execa('docker', args, options)
const hardened = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', `--network=${name}`]
let secrets: string

/** Runs one of the application's commands the way an appliance does. */
const erp = (command: string, options: readonly string[] = []) => [
  'run',
  ...hardened,
  '--tmpfs=/tmp',
  `--volume=${secrets}:/run/secrets:ro`,
  ...options,
  image,
  command,
]

const sql = async (statement: string, database = 'erp') =>
  (
    await docker(
      ['exec', '-i', '-u', '70', `${name}-postgres`, 'psql', '-qAt', '-v', 'ON_ERROR_STOP=1', '-d', database],
      {
        input: statement,
      },
    )
  ).stdout as string

async function until(what: string, happened: () => Promise<boolean>) {
  const deadline = performance.now() + 60_000
  while (!(await happened())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within a minute`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
const succeeds = async (args: readonly string[]) => (await docker(args, { reject: false })).exitCode === 0

/** The two roles and the database, with the rights an appliance gives them. */
const ROLES = `
  create role erp_app login password 'app'; create role erp login password 'owner'; grant erp_app to erp;
  create database erp owner erp template template0; revoke all on database erp from public;
  grant connect, temporary on database erp to erp_app;`
const RIGHTS = `
  revoke all on schema public from public; grant usage on schema public to erp_app;
  alter default privileges for role erp in schema public grant select, insert, update, delete on tables to erp_app;
  alter default privileges for role erp in schema public grant usage, select, update on sequences to erp_app;`

async function startPostgres() {
  const files = ['--tmpfs=/run/postgresql:uid=70,gid=70', '--tmpfs=/tmp', `--volume=${secrets}:/run/secrets:ro`]
  const place = ['--name', `${name}-postgres`, '--network-alias=postgres', '--volume=/var/lib/postgresql']
  await docker(['run', '--detach', ...hardened, ...files, ...place, 'domicile/postgres:0.1.0'])
  await until('PostgreSQL is ready', () => succeeds(['exec', `${name}-postgres`, 'pg_isready', '-qh', '127.0.0.1']))
  await sql(ROLES, 'postgres')
  await sql(RIGHTS)
}

beforeAll(async () => {
  await execa(process.execPath, [join(root, 'appliance-image/build-images.ts'), '--only', 'base,postgres'])
  await docker(['build', '--tag', image, join(here, 'app')], { env: { DOCKER_BUILDKIT: '0' } })
  secrets = await mkdtemp(join(tmpdir(), name))
  await chmod(secrets, 0o755)
  const values = { postgres_password: 'super', database_password: 'app', database_owner_password: 'owner' }
  for (const [file, value] of Object.entries({ ...values, admin_password: ADMIN_PASSWORD }))
    await writeFile(join(secrets, file), value)
  await docker(['network', 'create', '--internal', name])
  await startPostgres()
})

afterAll(async () => {
  await docker(['rm', '--force', '--volumes', `${name}-app`, `${name}-postgres`, `${name}-killed`], { reject: false })
  await docker(['network', 'rm', name], { reject: false })
  await docker(['rmi', image], { reject: false })
  await rm(secrets, { recursive: true })
})

test('killed while it initializes, it has initialized nothing; run again, everything', async () => {
  await docker(erp('initialize', ['--detach', '--name', `${name}-killed`]))
  await until('the restore has begun', async () =>
    (await sql(`select count(*) > 0 from pg_stat_activity where application_name = 'pg_restore'`)).startsWith('t'),
  )
  await docker(['kill', `${name}-killed`])
  await until(
    'its sessions are gone',
    async () => (await sql(`select count(*) from pg_stat_activity where usename = 'erp'`)) === '0',
  )
  expect(await sql(`select count(*) from pg_class where relnamespace = 'public'::regnamespace`)).toBe('0')

  await docker(erp('initialize', ['--rm']))
  expect(await sql('select count(*) from res_user where active and id > 0 and login is not null')).toBe('1')
})

test('run once more, it changes nothing, least of all the password of admin', async () => {
  const hash = `select password_hash, write_date from res_user where login = 'admin'`
  const before = await sql(hash)

  await docker(erp('initialize', ['--rm']))

  expect(await sql(hash)).toBe(before)
})

type Answer = { result?: unknown; error?: unknown }

async function address() {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const { stdout } = await docker(['inspect', '--format', format, `${name}-app`])
  return `http://${stdout}:8000`
}

async function rpc(path: string, method: string, params: unknown[], session?: string): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', ...(session && { Authorization: `Session ${session}` }) }
  const body = JSON.stringify({ id: 1, method, params })
  const response = await fetch(`${await address()}${path}`, { method: 'POST', headers, body })
  const { result, error } = (await response.json()) as Answer
  if (error !== undefined) throw new Error(JSON.stringify(error))
  return result
}

async function logIn(login = 'admin', password = ADMIN_PASSWORD): Promise<string> {
  const [uid, key] = (await rpc('/erp/', 'common.db.login', [login, { password }])) as [number, string]
  return btoa(`${login}:${uid}:${key}`)
}

async function serve() {
  await docker(
    [
      'exec',
      '-i',
      '-e',
      'PGPASSWORD=owner',
      `${name}-postgres`,
      'psql',
      '-qh',
      '127.0.0.1',
      '-U',
      'erp',
      '-v',
      'ON_ERROR_STOP=1',
    ],
    {
      inputFile: join(here, 'database/grants.sql'),
    },
  )
  await docker(erp('serve', ['--detach', '--name', `${name}-app`]))
  await until('the ERP is healthy', () => succeeds(['exec', `${name}-app`, 'tryton-healthy']))
}

test('a role that may only read and write rows is enough for ordinary work', async () => {
  await serve()
  expect(await rpc('/', 'common.db.list', [])).toEqual(['erp'])
  const session = await logIn()

  const [party] = (await rpc('/erp/', 'model.party.party.create', [[{ name: 'A customer' }], {}], session)) as number[]
  expect(await sql(`select name from party_party where id = ${party}`)).toBe('A customer')

  const types = await rpc('/erp/', 'model.ir.sequence.type.search', [[['name', '=', 'Party']], 0, 1, null, {}], session)
  const sequence = { name: 'One more', sequence_type: (types as number[])[0] }
  const [made] = (await rpc('/erp/', 'model.ir.sequence.create', [[sequence], {}], session)) as number[]
  expect(await sql(`select relowner::regrole from pg_class where relname = 'ir_sequence_${made}'`)).toBe('erp_app')

  const denied = docker([
    'exec',
    '-e',
    'PGPASSWORD=app',
    `${name}-postgres`,
    'psql',
    '-h',
    '127.0.0.1',
    '-U',
    'erp_app',
    '-d',
    'erp',
    '-c',
    'drop table res_user',
  ])
  await expect(denied).rejects.toThrow('must be owner')
})

test('what one process changes, the others see too, long before their memory expires', async () => {
  const session = await logIn()
  const call = (method: string, ...params: unknown[]) => rpc('/erp/', `model.${method}`, [...params, {}], session)
  const model = (
    (await call('ir.model.search', [['model', '=', 'timesheet.hours_employee']], 0, 1, null)) as number[]
  )[0]
  const [access] = (await call('ir.model.access.create', [{ model, perm_read: true }])) as number[]
  // Each process keeps access rights in its memory.
  const mayRead = async () => {
    const rights = (await call('ir.model.access.get_access', ['timesheet.hours_employee'])) as Record<
      string,
      { read: number }
    >
    return rights['timesheet.hours_employee']?.read
  }
  const saidByAll = async () => new Set(await Promise.all(Array.from({ length: 12 }, mayRead)))

  for (const allowed of [false, true, false]) {
    await saidByAll()
    await call('ir.model.access.write', [access], { perm_read: allowed })
    const wanted = JSON.stringify([allowed ? 1 : 0])
    await until('every process sees it', async () => JSON.stringify([...(await saidByAll())]) === wanted)
  }
})

/** What the web client shows of an error: a UserError's title and text; anything else is a box without words. */
async function refusal(language: string, method: string, ...params: unknown[]): Promise<[string, string]> {
  const context = { language }
  const error = await rpc('/erp/', method, [...params, context], await logIn()).then(
    () => null,
    ({ message }: Error) => JSON.parse(message) as [string, [string, string]],
  )
  expect(error?.[0]).toBe('UserError')
  return error?.[1] ?? ['', '']
}

const GUARD = `
  create function refuse() returns trigger language plpgsql as $$ begin
    raise exception using errcode = 'DL001', message = 'LICENCE_USERS: 10 of 10 named users are active. Ask the vendor.';
  end $$;
  create trigger guard after insert on res_user execute function refuse();`

test('who would be one user too many is told so, in the language of who adds them', async () => {
  await sql(GUARD)
  const user = { name: 'One more', login: 'more' }

  const english = await refusal('en', 'model.res.user.create', [user])
  expect(english[1]).toBe('10 of 10 named users are active. Ask the vendor.')
  const slovenian = await refusal('sl', 'model.res.user.create', [user])
  expect(slovenian[0]).toMatch(/^Aktivnih uporabnikov/)
  expect(slovenian[1]).toContain('uporabnikov: 10. Zdaj jih je: 10.')
  expect((await refusal('de_DE', 'model.res.user.create', [user]))[0]).toMatch(/^No more users/)
  await sql('drop trigger guard on res_user; drop function refuse()')
})

/** As the manifest exempts them. */
const WRITABLE = ['ir_session', 'res_user_login_attempt', 'res_user_device']

test('while nothing may be written people log in and read, and are told why they cannot save', async () => {
  await sql('revoke insert, update, delete on all tables in schema public from erp_app')
  for (const table of WRITABLE) await sql(`grant insert, update, delete on ${table} to erp_app`)
  try {
    const session = await logIn()
    const found = await rpc('/erp/', 'model.party.party.search_read', [[], 0, 1, null, ['name'], {}], session)
    expect(found).toMatchObject([{ name: 'A customer' }])

    for (const [method, ...params] of [
      ['model.party.party.create', [{ name: 'No customer' }]],
      ['model.party.party.write', [(found as { id: number }[])[0]?.id], { name: 'Changed' }],
      ['model.party.party.delete', [(found as { id: number }[])[0]?.id]],
    ] as const)
      expect((await refusal('sl', method, ...params))[0]).toBe('Spreminjanje trenutno ni mogoče')
  } finally {
    await sql('grant insert, update, delete on all tables in schema public to erp_app')
  }
  await rpc('/erp/', 'model.party.party.create', [[{ name: 'Again' }], {}], await logIn())
})

describe('meters', () => {
  let meters: MeterDescription[]
  beforeAll(async () => {
    meters = describeMeters((await loadStack(here)).manifest.meters ?? {})
  })
  const named = (wanted: string) => meters.find(({ name: is }) => is === wanted)?.sql ?? ''

  test('users of a module are those whom the ERP lets work in it', async () => {
    const admin = await logIn()
    const call = async (method: string, ...params: unknown[]) =>
      ((await rpc('/erp/', `model.${method}`, [...params, {}], admin)) as number[])[0]
    const groupOf = async (id: string) => Number(await sql(`select db_id from ir_model_data where fs_id = '${id}'`))
    const [sales, chiefs, stock] = await Promise.all(['group_sale', 'group_sale_admin', 'group_stock'].map(groupOf))
    const shop = await call('res.group.create', [{ name: 'Shop', parent: sales }])
    const made = {
      seller: [sales],
      shop: [shop],
      chief: [sales, chiefs],
      storekeeper: [stock],
      gone: [sales],
      guest: [],
    }
    for (const [login, groups] of Object.entries(made)) {
      const user = { name: login, login, password: `${ADMIN_PASSWORD} of ${login}`, groups: [['add', groups]] }
      await call('res.user.create', [login === 'gone' ? { ...user, active: false } : user])
    }
    const mayCreate = async (model: string) => {
      const sessions = ['seller', 'shop', 'chief', 'storekeeper', 'guest'].map((login) =>
        logIn(login, `${ADMIN_PASSWORD} of ${login}`),
      )
      const rights = await Promise.all(
        [admin, ...(await Promise.all(sessions))].map((session) =>
          rpc('/erp/', 'model.ir.model.access.get_access', [[model], {}], session),
        ),
      )
      return (rights as Record<string, { create: number }>[]).filter((right) => right[model]?.create).length
    }

    expect(await sql(named('sale.users'))).toBe(String(await mayCreate('sale.sale')))
    expect(await sql(named('sale.users'))).toBe('4')
    expect(await sql(named('stock.users'))).toBe(String(await mayCreate('stock.move')))
    expect(await sql(named('account.users'))).toBe(String(await mayCreate('account.move')))
    expect(await sql(named('project.users'))).toBe(String(await mayCreate('project.work')))
    expect(await sql(named('purchase.users'))).toBe(String(await mayCreate('purchase.purchase')))
  })

  test('each table in which entries are counted has the small index for it', async () => {
    const tables = meters.flatMap(({ kind, sql: query }) =>
      kind === 'count' ? (/from (\w+)/.exec(query ?? '')?.[1] ?? []) : [],
    )
    const indexed = await sql(`select tablename from pg_indexes where indexdef like '% USING brin (create_date)%'`)

    expect(indexed.split('\n').sort()).toEqual(tables.sort())
  })

  test('who is an employee may enter time', async () => {
    expect(await sql(named('timesheet.users'))).toBe('0')
    const linked = `begin; set local session_replication_role = replica;
      insert into "res_user-company_employee" ("user", employee)
      select id, number from res_user, generate_series(1, 2) number where login in ('seller', 'gone');`
    expect(await sql(`${linked} ${named('timesheet.users')}; rollback;`)).toBe('1')
  })

  test.each([
    'UTC',
    'Europe/Ljubljana',
    'America/St_Johns',
  ])('what was entered is counted in its hour, once, in a session in the time zone %s', async (zone) => {
    const counts = meters.filter(({ kind }) => kind === 'count')
    expect(counts.map(({ name: is }) => is)).toEqual([
      'mails',
      ...['account', 'sale', 'purchase', 'stock', 'timesheet', 'project'].map((module) => `${module}.transactions`),
    ])
    for (const { name: is, sql: query } of counts) {
      const table = /from (\w+)/.exec(query ?? '')?.[1] ?? ''
      const hour = (from: number) =>
        `${query} \\bind '2031-03-30T0${from}:00:00.000Z' '2031-03-30T0${from + 1}:00:00.000Z' \\g\n`
      const text = `set timezone = '${zone}';\nbegin;\n${plant(table)}\n${[0, 1, 2, 3].map(hour).join('')}rollback;`
      expect([is, await sql(text)]).toEqual([is, '1\n3\n1\n0'])
    }
  })
})

/** Rows of one table around the hour that clocks leave out in Europe, and not one more: dates as Tryton keeps them, UTC without a zone. */
const plant = (table: string) => `set local session_replication_role = replica;
do $$ declare constrained text; columns text; texts text; at text; begin
  for constrained in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'c' loop
    execute format('alter table ${table} drop constraint %I', constrained);
  end loop;
  select string_agg(quote_ident(attname), ','), string_agg(case when typname in ('varchar', 'text') then quote_literal(attname)
      when typname in ('date', 'timestamp') then quote_literal('2031-03-30') when typname = 'interval' then quote_literal('1 hour')
      when typname = 'bool' then 'true' else '1' end, ',') into columns, texts
    from pg_attribute join pg_type on pg_type.oid = atttypid where attrelid = '${table}'::regclass and attnum > 0
    and not attisdropped and attnotnull and attname <> 'id';
  foreach at in array array['00:59:59.999999', '01:00', '01:30', '01:59:59.999999', '02:00'] loop
    execute concat('insert into ${table} (create_date, ', columns, ') values (', quote_literal('2031-03-30 ' || at), ',', texts, ')');
  end loop;
end $$;`

test('errors that are none of the licence’s stay as they were', async () => {
  await expect(rpc('/erp/', 'model.party.party.read', [['no number'], ['name'], {}], await logIn())).rejects.toThrow(
    /^(?!.*licen[cs]e).*$/s,
  )
})

test('no password is in the log or the configuration of a container', async () => {
  const { stdout, stderr } = await docker(['logs', `${name}-app`])
  const { stdout: configuration } = await docker(['inspect', `${name}-app`])

  expect(`${stdout}${stderr}${configuration}`).not.toContain(ADMIN_PASSWORD)
  expect(configuration).not.toMatch(/PASSWORD=/)
})
