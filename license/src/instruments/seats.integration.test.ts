import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Queryable } from './database.ts'
import { acquire, cull, extendAll, liveSeats, type Pool, prepareSeats, release, renew, setPools } from './seats.ts'
import { AGENT, startServer, type TestDatabase, type TestServer } from './test-database.fixture.ts'

let server: TestServer
let db: TestDatabase

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  db = await server.makeDatabase()
  await prepareSeats(db.agent)
})
afterEach(() => db.drop())

const holder = (name: string | number) => createHash('sha256').update(String(name)).digest()
const pools = (max: number, reserved = 0, services = 0) =>
  setPools(db.agent, { people: { max, reserved }, services: { max: services } })
const come = (name: string | number, to: readonly Pool[] = ['people'], idleSeconds = 60, as: Queryable = db.agent) =>
  acquire(as, { holder: holder(name), pools: to, idleSeconds })
const held = async () =>
  Object.fromEntries((await liveSeats(db.agent)).filter(({ held }) => held > 0).map(({ pool, held }) => [pool, held]))
const expireAll = () => extendAll(db.agent, -3600)
const many = (count: number) => Array.from({ length: count }, (_, index) => index)
const ADMINISTRATOR: readonly Pool[] = ['people', 'reserved']

describe('64 at once on 10 seats', () => {
  test.each(['read committed', 'repeatable read'])('%s: exactly 10 get one', async (level) => {
    await pools(10)
    const clients = await connections(64, level)
    const seats = await Promise.all(clients.map((client, index) => again(() => come(index, ['people'], 60, client))))
    expect(seats.filter((seat) => seat !== null)).toHaveLength(10)
    expect(new Set(seats.map((seat) => seat?.slot)).size).toBe(11)
    expect(await held()).toEqual({ people: 10 })
  })

  test('all of them expired: exactly 10 get one, at once', async () => {
    await pools(10)
    for (const index of many(10)) await come(`before ${index}`)
    await expireAll()
    const clients = await connections(64, 'read committed')
    const seats = await Promise.all(clients.map((client, index) => come(index, ['people'], 60, client)))
    expect(seats.filter((seat) => seat !== null)).toHaveLength(10)
    expect(await held()).toEqual({ people: 10 })
  })

  test('of one holder: one seat', async () => {
    await pools(10)
    const clients = await connections(64, 'read committed')
    const seats = await Promise.all(clients.map((client) => come('one', ['people'], 60, client)))
    expect(new Set(seats.map((seat) => seat?.slot)).size).toBe(1)
    expect(await held()).toEqual({ people: 1 })
  })
})

async function connections(count: number, level: string): Promise<Queryable[]> {
  const clients = await Promise.all(many(count).map(() => db.connect(AGENT)))
  for (const client of clients) await client.query(`SET default_transaction_isolation = '${level}'`)
  return clients.map((client: pg.Client) => client as unknown as Queryable)
}

/** What REPEATABLE READ asks of whoever uses it. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code: string }).code !== '40001' || attempt === 500) throw error
    }
  }
}

test('one below, at and above the limit', async () => {
  await pools(2)
  expect(await come('a')).toMatchObject({ pool: 'people' })
  expect(await come('b')).toMatchObject({ pool: 'people' })
  expect(await come('c')).toBeNull()
  await release(db.agent, holder('a'))
  expect(await come('c')).toMatchObject({ pool: 'people' })
})

test('coming again keeps the seat and the time it began', async () => {
  await pools(1)
  const first = await come('a')
  expect(await come('a')).toEqual(first)
  expect(Math.abs(Date.now() - Date.parse(first?.since ?? ''))).toBeLessThan(60_000)
})

test('administrators take what is kept for them last, nobody else takes it, services sit apart', async () => {
  await pools(3, 1, 1)
  expect(await come('admin 1', ADMINISTRATOR)).toMatchObject({ pool: 'people' })
  expect(await come('person')).toMatchObject({ pool: 'people' })
  expect(await come('late')).toBeNull()
  expect(await come('admin 2', ADMINISTRATOR)).toMatchObject({ pool: 'reserved' })
  expect(await come('admin 3', ADMINISTRATOR)).toBeNull()
  expect(await come('robot', ['services'])).toMatchObject({ pool: 'services' })
  expect(await come('robot 2', ['services'])).toBeNull()
})

test('a seat is free when nobody has done anything for so long, and not before', async () => {
  await pools(2)
  await come('idle')
  await come('busy')
  await expireAll()
  expect(await renew(db.agent, [holder('busy'), holder('gone')], 60)).toBe(1)
  expect(await held()).toEqual({ people: 1 })
  expect(await come('next')).not.toBeNull()
  expect(await come('too late')).toBeNull()
  expect(await renew(db.agent, [holder('idle')], 60)).toBe(0)
  expect(await release(db.agent, holder('idle'))).toBe(false)
})

test('whoever comes back before anybody has taken the seat has it still', async () => {
  await pools(1)
  const before = await come('a')
  await expireAll()
  expect(await come('a')).toEqual(before)
  await expireAll()
  expect(await cull(db.agent)).toBe(1)
  expect(await cull(db.agent)).toBe(0)
})

test('an outage of ours costs nobody a seat', async () => {
  await pools(2)
  await come('a', ['people'], 1)
  await expireAll()
  await extendAll(db.agent, 7200)
  expect(await cull(db.agent)).toBe(0)
  expect(await held()).toEqual({ people: 1 })
})

test('the page can say how many work and when the first seat may be free', async () => {
  await pools(2, 1)
  expect(await liveSeats(db.agent)).toContainEqual({ pool: 'people', size: 1, held: 0, freeAt: null })
  await come('a', ['people'], 600)
  const [people] = await liveSeats(db.agent)
  expect(people).toMatchObject({ pool: 'people', size: 1, held: 1 })
  expect((Date.parse(people?.freeAt ?? '') - Date.now()) / 1000).toBeGreaterThan(500)
})

describe('a limit that is lowered', () => {
  test('leaves everybody where they are, and lets nobody in until there is room', async () => {
    await pools(5)
    for (const index of many(5)) await come(index)
    await pools(3)
    expect(await held()).toEqual({ people: 5 })
    expect(await renew(db.agent, many(5).map(holder), 60)).toBe(5)
    for (const index of [0, 1]) {
      await release(db.agent, holder(index))
      expect(await come('next')).toBeNull()
    }
    await release(db.agent, holder(2))
    expect(await come('next')).not.toBeNull()
    expect(await come('one too many')).toBeNull()
  })

  test('keeps none for administrators while as many sit as there may be', async () => {
    await pools(4)
    for (const index of many(4)) await come(index)
    await pools(4, 2)
    expect(await come('admin', ADMINISTRATOR)).toBeNull()
    await release(db.agent, holder(0))
    expect(await come('person')).toBeNull()
    expect(await come('admin', ADMINISTRATOR)).toMatchObject({ pool: 'reserved' })
  })

  test('holds for those who expire as for those who leave', async () => {
    await pools(4)
    for (const index of many(4)) await come(index)
    await pools(2)
    await expireAll()
    await renew(db.agent, [0, 1].map(holder), 60)
    expect(await come('next')).toBeNull()
    expect(await held()).toEqual({ people: 2 })
  })
})

test('sizes that make no sense are refused', async () => {
  await expect(pools(1, 2)).rejects.toThrow(RangeError)
  await expect(pools(1.5)).rejects.toThrow(RangeError)
  await expect(acquire(db.agent, { holder: Buffer.from('short'), pools: ['people'], idleSeconds: 1 })).rejects.toThrow(
    RangeError,
  )
})

test('made again, with people in their seats, nothing is lost', async () => {
  await pools(2)
  await come('a')
  await Promise.all([prepareSeats(db.agent), prepareSeats(db.agent)])
  await pools(2)
  expect(await held()).toEqual({ people: 1 })
})

/** The rule in plain words, against 600 steps of chance that can be repeated. */
test.each([1, 2, 3])('whatever happens, who gets in is as the limits say (chance %i)', async (seed) => {
  const chance = random(seed)
  const sitting = new Map<number, Pool>()
  let [max, reserved] = [4, 1]
  await pools(max, reserved)
  const sit = (pool: Pool) => [...sitting.values()].filter((each) => each === pool).length
  const expected = (wanted: readonly Pool[]) => {
    if (sitting.size >= max) return null
    return wanted.find((pool) => sit(pool) < (pool === 'people' ? max - reserved : reserved)) ?? null
  }
  for (let step = 0; step < 600; step++) {
    const who = Math.floor(chance() * 12)
    const what = chance()
    if (what < 0.6 && !sitting.has(who)) {
      const wanted = chance() < 0.4 ? ADMINISTRATOR : (['people'] as const)
      const pool = expected(wanted)
      expect((await come(who, wanted))?.pool ?? null, `step ${step}`).toBe(pool)
      if (pool) sitting.set(who, pool)
    } else if (what < 0.9) {
      expect(await release(db.agent, holder(who))).toBe(sitting.delete(who))
    } else {
      max = Math.floor(chance() * 8)
      reserved = Math.floor(chance() * (max + 1))
      await pools(max, reserved)
    }
  }
})

/** A linear congruential generator: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

test('while limits move under 32 who come, stay and go, nobody gets in above them and nothing is lost', async () => {
  await pools(10, 2)
  let finished = false
  const samples: { held: number; free: number; max: number }[] = []
  const watch = async () => {
    while (!finished) {
      const { rows } = await db.agent.query<(typeof samples)[number]>(
        `SELECT count(holder)::int AS held, (count(*) - count(holder))::int AS free,
                (SELECT sum(size)::int FROM domicile.pool WHERE meter = 'people') AS max
           FROM domicile.seat WHERE pool IN ('people', 'reserved')`,
      )
      samples.push(...rows)
    }
  }
  const person = async (index: number) => {
    for (const turn of many(25)) {
      const seat = await come(index, index % 4 ? ['people'] : ADMINISTRATOR)
      if (seat && turn % 3) await renew(db.agent, [holder(index), holder(index + 1)], 60)
      if (turn % 7 === index % 7) await extendAll(db.agent, 1)
      if (seat) await release(db.agent, holder(index))
    }
  }
  const limits = async () => {
    for (const turn of many(40)) await pools(3 + ((turn * 5) % 9), turn % 3)
  }
  await Promise.all([Promise.all([...many(32).map(person), limits()]).finally(() => (finished = true)), watch()])

  // Whoever gets in takes a free seat; above the limit there is none.
  expect(samples.filter(({ held, free, max }) => free > 0 && held + free > max)).toEqual([])
  expect(samples.some(({ held, max }) => held > max)).toBe(true)
  expect(samples.length).toBeGreaterThan(20)
  expect(await held()).toEqual({})
  await pools(7, 2)
  const seats = await Promise.all(many(20).map((index) => come(index, ADMINISTRATOR)))
  expect(seats.filter((seat) => seat !== null)).toHaveLength(7)
})
