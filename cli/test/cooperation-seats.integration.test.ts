import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LicenceClient, licenceClient } from '@domicile/license/client'
import { liveSeats, prepareSeats, setPools } from '@domicile/license/instruments'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cooperationHandler } from '../../appliance-image/agent/src/cooperation/handler.ts'
import { ReportedUsage } from '../../appliance-image/agent/src/cooperation/index.ts'
import { seatTable } from '../../appliance-image/agent/src/enforcement/seat-table.ts'
import { SeatKeeper } from '../../appliance-image/agent/src/gate/seat-keeper.ts'
import { healthServer } from '../../appliance-image/agent/src/health-server.ts'
import { startServer, type TestDatabase, type TestServer } from '../../license/src/instruments/test-database.fixture.ts'

const SEATS = 10
const SESSIONS = { max: SEATS, reserved: 0, services: 0, idleMinutes: 20, behaviour: 'refuse' } as const
const TOKEN = 'a-token-that-is-only-used-in-tests'

let postgres: TestServer
let database: TestDatabase
let folder: string
let server: Server
let keeper: SeatKeeper
let clients: LicenceClient[]

beforeAll(async () => {
  postgres = await startServer()
  database = await postgres.makeDatabase()
  await prepareSeats(database.agent)
  await setPools(database.agent, { people: { max: SEATS, reserved: 0 }, services: { max: 0 } })
  folder = await mkdtemp(join(tmpdir(), 'cooperation-'))
  const tokenFile = join(folder, 'license_token')
  await writeFile(tokenFile, TOKEN)
  keeper = new SeatKeeper({
    store: seatTable(database.agent, () => 1200),
    monotonic: () => performance.now(),
    record: () => {},
  })
  const handler = cooperationHandler({
    ...{ tokenFile, seats: keeper, usage: new ReportedUsage(() => performance.now()), meters: new Set<string>() },
    standing: () => ({ blocked: null, sessions: SESSIONS }),
    entitlements: () => {
      throw new Error('nobody asks')
    },
  })
  server = healthServer({ problem: async () => null, thumbprint: null }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = () =>
    licenceClient({ url, token: TOKEN, timeoutMs: 10_000, onProblem: (one) => problems.push(one.code) })
  clients = [open(), open(), open(), open()]
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
  await database.drop()
  await postgres.stop()
})

let problems: string[]
/** Who believes to have a seat, and the most that there were at once. */
let holders: Set<string>
let most: number
beforeEach(() => {
  problems = []
  holders = new Set()
  most = 0
})

const believe = (who: string) => {
  holders.add(who)
  most = Math.max(most, holders.size)
}
const client = (index: number) => clients[index % clients.length] as LicenceClient

/** Asks until there is an answer: a busy machine may need more than one request waits for. */
async function askApi(index: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { granted, reason } = await client(index).acquire(`session-${index}`)
    if (reason === 'unchecked') continue
    if (granted) believe(`api ${index}`)
    return granted
  }
  throw new Error('The agent never knew.')
}

/** As the gate asks for a session that the application knows. */
async function askGate(index: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const result = await keeper.seatOf({ key: gateKey(index), pool: 'people' }, SESSIONS, async () => 'known')
    if (result === 'unknown') continue
    if (result === 'held') believe(`gate ${index}`)
    return result === 'held'
  }
  throw new Error('The gate never knew.')
}
const gateKey = (index: number) => index.toString(16).padStart(64, '0')

const held = async () => (await liveSeats(database.agent)).find(({ pool }) => pool === 'people')?.held
const giveBack = async () => {
  for (let index = 0; index < 64; index++) {
    await client(index).release(`session-${index}`)
    await keeper.release(gateKey(index))
  }
}

test('64 come for 10 seats by both ways at once: ten have one, and all others know that they have none', async () => {
  const asked = Array.from({ length: 64 }, (_, index) => (index % 2 ? askApi(index) : askGate(index)))
  const granted = (await Promise.all(asked)).filter(Boolean).length

  expect(granted).toBe(SEATS)
  expect(most).toBe(SEATS)
  expect(await held()).toBe(SEATS)
  expect(problems).toEqual([])
  await giveBack()
  expect(await held()).toBe(0)
})

test('they come, ask again and give back all the time: never more than ten believe to have a seat', async () => {
  let granted = 0
  let refused = 0
  let watching = true
  let mostInTable = 0
  const watch = (async () => {
    while (watching) mostInTable = Math.max(mostInTable, (await held()) ?? 0)
  })()
  const work = async (index: number) => {
    for (let round = 0; round < 15; round++) {
      const byApi = index % 2 === 1
      if (!(await (byApi ? askApi(index) : askGate(index)))) {
        refused += 1
        continue
      }
      granted += 1
      if (round % 3 === 0) await (byApi ? askApi(index) : askGate(index))
      holders.delete(`${byApi ? 'api' : 'gate'} ${index}`)
      await (byApi ? client(index).release(`session-${index}`) : keeper.release(gateKey(index)))
    }
  }
  await Promise.all(Array.from({ length: 64 }, (_, index) => work(index)))
  watching = false
  await watch

  expect(granted).toBeGreaterThan(64)
  expect(refused).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(SEATS)
  expect(mostInTable).toBeLessThanOrEqual(SEATS)
  expect(await held()).toBe(0)
  expect(keeper.counts(20).working).toEqual({ people: 0, administrators: 0, services: 0 })
})

test('the session of one way is never that of the other, whatever it is called', async () => {
  expect(await askGate(1)).toBe(true)
  await client(0).release(gateKey(1))
  await client(0).release(`session ${gateKey(1)}`)

  expect(await held()).toBe(1)
  await keeper.release(gateKey(1))
})
