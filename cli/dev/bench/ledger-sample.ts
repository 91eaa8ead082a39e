import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresDatabase } from '../../../appliance-image/agent/src/database.ts'
import type { Queryable } from '../../../license/src/instruments/index.ts'
import { PASSWORD, startServer, type TestServer } from '../../../license/src/instruments/test-database.fixture.ts'
import { median, table } from './fixture.ts'
import { erpMeters } from './ledger-years.ts'
import { measureSampleCost } from './sample-cost.ts'

const METER = 'domicile_meter'
/** So long as the hourly counts come round three times. */
const MINUTES = 180

/**
 * What a sample costs the ERP's database: the stack's own queries, on tables such as Tryton makes, with the indexes on the time of
 * creation that the stack adds, filled as after some years. Beside it the way to the database and back alone.
 */
export async function benchSample(): Promise<void> {
  const server = await startServer({ durable: true })
  const folder = await mkdtemp(join(tmpdir(), 'ledger-sample-'))
  try {
    await writeFile(join(folder, 'password'), PASSWORD)
    await measure(server, join(folder, 'password'))
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
}

async function measure(server: TestServer, passwordFile: string): Promise<void> {
  const [stack, own] = [await server.makeDatabase(), await server.makeDatabase()]
  const admin = (await stack.connect('postgres')) as unknown as Queryable
  await admin.query(`CREATE ROLE ${METER} LOGIN PASSWORD '${PASSWORD}'`)
  await admin.query(`GRANT CONNECT ON DATABASE ${stack.name} TO ${METER}`)
  for (const statement of ERP_TABLES) await admin.query(statement)
  await admin.query(`GRANT USAGE ON SCHEMA public TO ${METER}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${METER}`)
  await admin.query('VACUUM ANALYZE')
  const application = new PostgresDatabase(
    { host: server.host, database: stack.name, role: METER, passwordFile },
    () => undefined,
    { connections: 1, statementMs: 2000 },
  )
  const elapsedMs = () => performance.now()
  const { minutes, hours } = await measureSampleCost({ application, own: own.agent }, await erpMeters(), {
    ...{ minutes: MINUTES, elapsedMs },
  })
  const bare = await bareTimes(application)
  await application.end()
  const everything = [...minutes, ...hours].reduce((sum, one) => sum + one, 0)
  const ms = (value: number) => `${value.toFixed(2)} ms`
  table([
    ['a sample', 'median', 'greatest', `mean, ${hours.length} hourly counts included (wanted < 5 ms)`],
    ['the ERP’s meters', ms(median(minutes)), ms(Math.max(...minutes)), ms(everything / MINUTES)],
    ['SELECT 1 in a transaction', ms(median(bare)), ms(Math.max(...bare)), ''],
  ])
}

async function bareTimes(database: PostgresDatabase): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < MINUTES; round++) {
    const began = performance.now()
    await database.transaction((session) => session.query('SELECT 1'))
    times.push(performance.now() - began)
  }
  return times
}

/** Rows as wide as Tryton's on average, in the order in which they came. */
const entries = (name: string, rows: number) => [
  `CREATE TABLE "${name}" (id serial PRIMARY KEY, create_date timestamp(6), create_uid int, state text, note text)`,
  `INSERT INTO "${name}" (create_date, create_uid, state, note)
    SELECT timestamp '2026-11-23' - (${rows} - n) * (interval '5 years' / ${rows}), n % 40, 'done', repeat('x', 120) FROM generate_series(1, ${rows}) n`,
  `CREATE INDEX ON "${name}" USING brin (create_date) WITH (autosummarize = on)`,
]

const ERP_TABLES = [
  'CREATE TABLE res_user (id int PRIMARY KEY, login text, active boolean, name text)',
  "INSERT INTO res_user SELECT n, 'user' || n, n <= 60, repeat('n', 30) FROM generate_series(0, 200) n",
  'CREATE TABLE res_group (id int PRIMARY KEY, parent int)',
  'INSERT INTO res_group SELECT n, nullif(n / 4, 0) FROM generate_series(1, 60) n',
  'CREATE TABLE "res_user-res_group" (id serial PRIMARY KEY, "user" int, "group" int)',
  'INSERT INTO "res_user-res_group" ("user", "group") SELECT u, 1 + (u * 7 + g) % 60 FROM generate_series(0, 200) u, generate_series(1, 8) g',
  'CREATE INDEX ON "res_user-res_group" ("user")',
  'CREATE INDEX ON "res_user-res_group" ("group")',
  'CREATE TABLE "res_user-company_employee" (id serial PRIMARY KEY, "user" int, employee int)',
  'INSERT INTO "res_user-company_employee" ("user", employee) SELECT n, n FROM generate_series(1, 180) n',
  'CREATE TABLE ir_model_data (id serial PRIMARY KEY, module text, model text, db_id int, fs_id text)',
  "INSERT INTO ir_model_data (module, model, db_id, fs_id) SELECT (ARRAY['account','sale','purchase','stock','project','party'])[1 + n % 6], CASE WHEN n % 200 = 0 THEN 'res.group' ELSE 'ir.ui.view' END, n % 60, 'data_' || n FROM generate_series(1, 12000) n",
  'CREATE INDEX ON ir_model_data (module)',
  ...entries('ir_email', 60_000),
  ...entries('account_move', 150_000),
  ...entries('sale_sale', 40_000),
  ...entries('purchase_purchase', 20_000),
  ...entries('stock_move', 250_000),
  ...entries('timesheet_line', 100_000),
  ...entries('project_work', 10_000),
]
