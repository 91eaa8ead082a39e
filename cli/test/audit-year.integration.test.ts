import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditReport, parsePrices, readReport, reconcile } from '@domicile/license/audit'
import { type LicenceClaims, signDocument } from '@domicile/license/document'
import { guardUsage, installGuard } from '@domicile/license/instruments'
import { parseTerms } from '@domicile/license/terms'
import { loadStack } from '@domicile/stacks/stack'
import { execa } from 'execa'
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditing } from '../../appliance-image/agent/src/auditing/auditing.ts'
import { Audits } from '../../appliance-image/agent/src/auditing/audits.ts'
import { LEAST } from '../../appliance-image/agent/src/config.fixture.ts'
import { parseConfig } from '../../appliance-image/agent/src/config.ts'
import { PostgresDatabase } from '../../appliance-image/agent/src/database.ts'
import { judging } from '../../appliance-image/agent/src/licensing/judging.ts'
import { LicenceKeeper, NO_USAGE } from '../../appliance-image/agent/src/licensing/licence-keeper.ts'
import { startMetering } from '../../appliance-image/agent/src/metering/metering.ts'
import {
  OWNER,
  PASSWORD,
  startServer,
  type TestDatabase,
  type TestServer,
} from '../../license/src/instruments/test-database.fixture.ts'
import { PLANTING } from './support/planting.ts'
import { ROOT } from './support/workshop.ts'

/**
 * The year 2027 of an ERP in Ljubljana whose server runs from 08:55 until 09:07 UTC a day, and through the two days on
 * which clocks are changed. The database is the ERP's own on a real PostgreSQL, asked by the real meters;
 * minutes go by as fast as they can be sampled. Every number that was planted stands in this file.
 */
const IMAGE = 'domicile/erp-app:audit-year'
const MARK = 'OSEBNO-ZAUPNO'
const WHOLE_DAYS = ['2027-03-28', '2027-10-31']
const WINDOW = { from: 8 * 60 + 55, minutes: 12 }

/** From this day on so many users are active, admin among them. */
const USERS = { '2027-01-01': 8, '2027-03-15': 13, '2027-03-18': 9, '2027-08-02': 13, '2027-08-05': 11 }
const LIMIT_UNTIL_JULY = 10
const LIMIT_FROM_JULY = 12
/** At work at the same moment, in minutes of a UTC day; two otherwise. */
const SESSIONS: Readonly<Record<string, readonly [from: number, to: number, people: number]>> = {
  '2027-05-10': [9 * 60 + 2, 9 * 60 + 4, 6],
  '2027-10-31': [30, 89, 5],
}
/** Entries that came to be, most of them while nobody looked. */
const ENTRIES: readonly (readonly [table: string, at: string, count: number])[] = [
  ['sale_sale', '2027-01-20T12:34:00', 5],
  ['sale_sale', '2027-06-30T21:59:59', 40],
  // In Ljubljana it is July already.
  ['sale_sale', '2027-06-30T22:00:00', 2],
  ['purchase_purchase', '2027-03-28T00:30:00', 3],
  ['purchase_purchase', '2027-03-28T01:30:00', 4],
  ['stock_move', '2027-12-30T22:59:00', 100],
  ['ir_email', '2027-11-11T09:00:00', 17],
]
const PRICES = `
currency: EUR
users: { licence: "100.00", maintenance: "1.50" }
sessions: { licence: "250.00" }
`

let server: TestServer
let database: TestDatabase
let admin: Client
let folder: string
let report: AuditReport
let text: string
let vendorKey: { kid: string; publicKey: string; from: null; until: null }

beforeAll(async () => {
  await execa('docker', ['build', '--tag', IMAGE, join(ROOT, 'stacks/erp/app')], { env: { DOCKER_BUILDKIT: '0' } })
  server = await startServer()
  database = await server.makeDatabase()
  admin = await database.connect('postgres')
  await restoreErp()
  folder = await mkdtemp(join(tmpdir(), 'audit-year-'))
  text = await liveThrough2027()
  report = readReport(text, { now: new Date('2028-01-02T00:00:00Z'), vendorKeys: [vendorKey] })
})
afterAll(async () => {
  await database.drop()
  await server.stop()
  await rm(folder, { recursive: true })
})

async function restoreErp(): Promise<void> {
  const into = ['--host', server.host, '--username', 'postgres', '--dbname', database.name, '--role', OWNER]
  const restore = ['pg_restore', ...into, '--no-owner', '--no-privileges', '/usr/share/erp/template.dump']
  await admin.query(`GRANT ${OWNER} TO postgres; ALTER SCHEMA public OWNER TO ${OWNER}`)
  await execa('docker', ['run', '--rm', '--env', `PGPASSWORD=${PASSWORD}`, '--entrypoint', 'env', IMAGE, ...restore])
  await admin.query(`
    CREATE ROLE domicile_meter LOGIN PASSWORD '${PASSWORD}'; GRANT pg_read_all_data TO domicile_meter;
    GRANT CONNECT ON DATABASE ${database.name} TO domicile_meter; ${PLANTING}
    INSERT INTO res_user (name, login, email, active, menu)
      SELECT '${MARK} ' || n, '${MARK}-' || n, '${MARK}@example.org', false, admin.menu
        FROM res_user AS admin, generate_series(1, 20) n WHERE admin.login = 'admin'`)
  await admin.query('SET session_replication_role = replica')
  for (const [table, at, count] of ENTRIES)
    await admin.query('SELECT pg_temp.plant($1::regclass, $2, $3, $4)', [table, count, at, MARK])
  await admin.query('SET session_replication_role = origin')
}

async function liveThrough2027(): Promise<string> {
  const { manifest } = await loadStack(join(ROOT, 'stacks/erp'))
  const { users } = manifest.guards ?? {}
  if (!users) throw new Error('The ERP has no guard on users.')
  await installGuard(database.agent, users, { owner: OWNER })
  const state = { state: folder, tls: '/', run: folder, texts: '/' }
  const config = parseConfig(
    JSON.stringify({
      ...{ version: 1, appliance: 'erp', hostnames: ['erp'], tls: { mode: 'internal' }, ...LEAST, folders: state },
      application: { ...LEAST.application, session: manifest.gateway.session },
      ...{ guards: manifest.guards, meters: manifest.meters },
    }),
  )
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, PASSWORD)
  const meters = new PostgresDatabase(
    { host: server.host, database: database.name, role: 'domicile_meter', passwordFile },
    () => undefined,
  )
  const documents = documentsOf2027(await readFile(join(ROOT, 'license/terms/erp-on-premises.yaml'), 'utf8'))
  let now = new Date()
  let ran = 0
  let active = 0
  const sessionsNow = () => {
    const minute = now.getUTCHours() * 60 + now.getUTCMinutes()
    const [from = 0, to = -1, people = 2] = SESSIONS[now.toISOString().slice(0, 10)] ?? []
    return { people: minute >= from && minute <= to ? people : 2, services: 0 }
  }
  /** The server is switched on, runs for so many minutes and is switched off. */
  const runOn = async (day: string, from: number, minutes: number): Promise<LicenceKeeper> => {
    now = new Date(Date.parse(`${day}T00:00Z`) + from * 60_000)
    const keeper = new LicenceKeeper(
      { folder: join(folder, 'licence'), product: { name: 'erp', version: '7.0.30' }, vendorKeys: [vendorKey] },
      { judge: judging, wall: () => now, ran: () => ran, log: () => undefined },
    )
    await keeper.load()
    const metering = startMetering(config, {
      ...{ keeper, own: database.agent, monotonic: () => ran * 1000, log: () => undefined },
      users: async () => active,
      ...{ peak: sessionsNow, application: meters, reported: () => ({}) },
    })
    for (const document of documents[day] ?? []) await keeper.take(document, false, NO_USAGE)
    for (let minute = 0; minute < minutes; minute++) {
      await metering.run()
      now = new Date(now.getTime() + 60_000)
      ran += 60
    }
    await keeper.evaluateIfDue(NO_USAGE)
    return keeper
  }
  for (let day = '2027-01-01'; day < '2028-01-01'; day = dayAfter(day)) {
    const wanted = USERS[day as keyof typeof USERS]
    if (wanted !== undefined)
      await admin.query(
        'UPDATE res_user SET active = id <= (SELECT max(id) FROM (SELECT id FROM res_user WHERE id > 0 AND login IS NOT NULL ORDER BY id LIMIT $1) AS first) WHERE id > 0 AND login IS NOT NULL',
        [wanted],
      )
    active = (await guardUsage(database.agent))?.used ?? -1
    const whole = WHOLE_DAYS.includes(day)
    await runOn(day, whole ? 0 : WINDOW.from, whole ? 1440 : WINDOW.minutes)
  }
  const keeper = await runOn('2028-01-01', WINDOW.from, 1)
  const audits = new Audits(
    { folder: join(folder, 'licence'), into: folder, product: { name: 'erp', version: '7.0.30' } },
    { keeper, auditor: auditing },
  )
  const { file, findings } = await audits.audit(
    { from: '2027-01-01', to: '2027-12-31', exchange: true },
    { users: active, sessions: 2, meters: {} },
  )
  expect(findings).toEqual([])
  await meters.end()
  return readFile(join(folder, file), 'utf8')
}

/** The licence of New Year, and a larger one in July. */
function documentsOf2027(terms: string): Readonly<Record<string, readonly string[]>> {
  const pair = generateKeyPairSync('ed25519')
  const kid = '2027202720272027'
  vendorKey = { kid, publicKey: pair.publicKey.export({ format: 'jwk' }).x ?? '', from: null, until: null }
  const common = (seq: number, day: string) => ({
    ...{ jti: randomUUID(), iss: 'Vendor', iat: Date.parse(`${day}T08:00Z`) / 1000, contract: 'K-2027', seq },
  })
  const sessions = { max: 4, behaviour: 'warn', reserved: 0, services: 0, idleMinutes: 20 } as const
  const licence: LicenceClaims = {
    ...common(1, '2027-01-01'),
    ...{ customer: { name: 'Customer d.o.o.', taxNumber: 'SI12345678' }, locations: [], product: 'erp' },
    ...{ purpose: 'production', installation: null, trial: false, feed: null, contact: 'licences@vendor.example' },
    limits: { users: { max: LIMIT_UNTIL_JULY, behaviour: 'warn' }, sessions },
    modules: { sale: { from: '2027-01-15' }, stock: {} },
    term: { from: '2027-01-01', until: null },
    ...{ maintenanceUntil: '2027-12-31', paidThrough: null },
    terms: {
      name: 'erp-on-premises',
      version: 1,
      sha256: createHash('sha256').update(terms).digest('hex'),
      text: terms,
    },
  }
  const larger = { users: { max: LIMIT_FROM_JULY, behaviour: 'warn' }, sessions } as const
  const signing = { kid, privateKey: pair.privateKey }
  const renewal = { ...common(2, '2027-07-01'), licence: licence.jti, limits: larger }
  return {
    '2027-01-01': [signDocument('licence', licence, signing)],
    '2027-07-01': [signDocument('renewal', renewal, signing)],
  }
}

const dayAfter = (day: string) => new Date(Date.parse(`${day}T00:00Z`) + 86_400_000).toISOString().slice(0, 10)

test('the report holds, and holds nobody’s name', () => {
  expect(report.findings).toEqual([])
  expect(text).not.toContain(MARK)
  expect(report.timezone).toBe('Europe/Ljubljana')
})

test('every minute that the server ran was sampled, and no other', () => {
  const { covered } = report.figures

  expect(covered?.sampledMinutes).toBe((365 - 2) * 12 + 2 * 1440)
})

test('users: the peak, and the minutes above the limit that was in force then', () => {
  const { users } = report.figures

  // In March 13 with 10 licensed, for 3 mornings; in August 13 with 12, and 11 after that.
  expect(users?.peak).toEqual({ value: 13, at: '2027-03-15T08:00:00.000Z' })
  expect(users?.limit).toBe(12)
  expect(users?.overMinutes).toBe(6 * 12)
  expect(users?.overUse.map(({ from, peak, limit, minutes }) => [from.slice(0, 10), peak, limit, minutes])).toEqual([
    ...['2027-03-15', '2027-03-16', '2027-03-17'].map((day) => [day, 13, 10, 12]),
    ...['2027-08-02', '2027-08-03', '2027-08-04'].map((day) => [day, 13, 12, 12]),
  ])
  expect(users?.months.map(({ peak }) => peak)).toEqual([8, 8, 13, 9, 9, 9, 9, 13, 11, 11, 11, 11])
})

test('concurrent sessions: how many, when, and for how long', () => {
  const { sessions } = report.figures

  expect(sessions?.peak).toEqual({ value: 6, at: '2027-05-10T09:00:00.000Z' })
  expect(sessions?.overUse.map(({ from, until, peak, minutes }) => ({ from, until, peak, minutes }))).toEqual([
    { from: '2027-05-10T09:00:00.000Z', until: '2027-05-10T10:00:00.000Z', peak: 6, minutes: 3 },
    { from: '2027-10-31T00:00:00.000Z', until: '2027-10-31T02:00:00.000Z', peak: 5, minutes: 60 },
  ])
})

test('the days on which clocks are changed have 23 and 25 hours', () => {
  const minutesOf = (day: string) => report.figures.users?.days.find((one) => one.day === day)

  expect(minutesOf('2027-03-28')).toMatchObject({ peak: 9, overMinutes: 0 })
  expect(report.figures.sessions?.days.find(({ day }) => day === '2027-10-31')).toMatchObject({
    peak: 5,
    overMinutes: 60,
  })
})

test('transactions of modules are all there, though most came to be while nobody looked', () => {
  const { modules, meters } = report.figures
  const total = (name: string) => modules[name]?.transactions?.total
  const inMonth = (name: string, month: string) =>
    modules[name]?.transactions?.months.find((one) => one.month === month)?.total ?? 0

  expect([total('sale'), total('purchase'), total('stock'), total('account')]).toEqual([47, 7, 100, 0])
  expect([inMonth('sale', '2027-01'), inMonth('sale', '2027-06'), inMonth('sale', '2027-07')]).toEqual([5, 40, 2])
  expect(inMonth('stock', '2027-12')).toBe(100)
  expect(meters['mails']).toMatchObject({ kind: 'count', total: 17 })
})

test('each module has its own beginning', () => {
  const { sale, purchase, stock, account } = report.figures.modules

  expect(sale).toMatchObject({ licensed: { from: '2027-01-15' }, firstUsed: '2027-01-20T12:00:00.000Z' })
  expect(purchase).toMatchObject({ licensed: null, firstUsed: '2027-03-28T00:00:00.000Z' })
  expect(stock?.firstUsed).toBe('2027-12-30T22:00:00.000Z')
  expect(account?.firstUsed).toBeNull()
})

test('the times in which the server was off are gaps, explained by the record', () => {
  const { gaps } = report.figures
  // Minutes that go by in milliseconds leave no load to measure.
  const off = gaps.filter(({ reason }) => !reason.startsWith('load_percent'))
  const days = (from: string, until: string) => (Date.parse(until) - Date.parse(from)) / 86_400_000

  expect(off.filter(({ explained }) => !explained)).toEqual([])
  expect(off.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(
    days('2027-01-01T08:55Z', '2027-12-31T23:00Z') * 1440 - ((365 - 2) * 12 + 2 * 1440),
  )
})

test('the statement: three licences for users in March, one in August, two for sessions; money by the price list', async () => {
  const terms = parseTerms(await readFile(join(ROOT, 'license/terms/erp-on-premises.yaml'), 'utf8'))
  const licence = report.licences.at(-1)?.claims
  if (!licence) throw new Error('The report knows no licence.')
  const { excesses, totals } = reconcile({ reports: [report], licence, terms, prices: parsePrices(PRICES) })

  expect(
    excesses.map(({ limit, licensed, extent, missing, minutes }) => ({ limit, licensed, extent, missing, minutes })),
  ).toEqual([
    { limit: 'sessions', licensed: 4, extent: 2, missing: 2, minutes: 63 },
    // Two of the three have been licensed since July.
    { limit: 'users', licensed: 10, extent: 3, missing: 1, minutes: 36 },
    { limit: 'users', licensed: 12, extent: 1, missing: 1, minutes: 36 },
  ])
  expect(totals).toMatchObject({ currency: 'EUR', licences: '600.00' })
})
