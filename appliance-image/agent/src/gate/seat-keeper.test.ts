import { mayLeave } from '@domicile/license/audit'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Pool, Seat, SessionLimits } from './ports.ts'
import { type Proof, SeatKeeper } from './seat-keeper.ts'

const LIMITS: SessionLimits = { max: 2, reserved: 0, services: 0, idleMinutes: 20, behaviour: 'refuse' }
const MINUTE = 60_000

let now: number
let events: string[]
/** A table of seats as PostgreSQL keeps them, which can be out of reach. */
let table: Map<string, { pool: Pool; seenAt: number }>
let down: boolean

beforeEach(() => {
  now = 1_000_000
  events = []
  table = new Map()
  down = false
})

const idle = (seenAt: number) => now - seenAt >= LIMITS.idleMinutes * MINUTE
const cull = () => {
  for (const [holder, { seenAt }] of table) if (idle(seenAt)) table.delete(holder)
}
const reach = () => {
  if (down) throw new Error('the database is down')
}

const store = {
  async acquire(holder: string, pool: Pool, { max }: SessionLimits) {
    reach()
    cull()
    if (!table.has(holder) && table.size >= max) return false
    table.set(holder, { pool, seenAt: now })
    return true
  },
  async renew(seats: readonly { holder: string; idleSeconds: number }[]) {
    reach()
    for (const { holder, idleSeconds } of seats) {
      const seat = table.get(holder)
      if (seat) seat.seenAt = now - idleSeconds * 1000
    }
  },
  async release(holder: string) {
    reach()
    table.delete(holder)
  },
  async cull() {
    reach()
    cull()
  },
  async liveSeats(): Promise<Seat[]> {
    reach()
    return [...table].map(([holder, { pool, seenAt }]) => ({ holder, pool, idleSeconds: (now - seenAt) / 1000 }))
  },
  async extendAll(seconds: number) {
    reach()
    for (const seat of table.values()) seat.seenAt += seconds * 1000
  },
}

const newKeeper = () =>
  new SeatKeeper({
    store,
    monotonic: () => now,
    record: (event, data) => {
      events.push(event)
      // It may be in a report: no text of anybody's.
      if (event.startsWith('seats-')) expect(mayLeave({ kind: event, data })).toBe(true)
    },
  })
const known = async (): Promise<Proof> => 'known'
const stranger = async (): Promise<Proof> => 'stranger'
const ask = (
  keeper: SeatKeeper,
  key: string,
  limits: Partial<SessionLimits> = {},
  prove = known,
  pool: Pool = 'people',
) => keeper.seatOf({ key, pool }, { ...LIMITS, ...limits }, prove)

describe('who has a seat', () => {
  test('keeps it without the table being asked again', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    down = true

    for (const _ of Array(50)) expect(await ask(keeper, 'a')).toBe('held')
    expect(events).toEqual([])
  })

  test('keeps it as long as it works, however long that is', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    for (let minute = 0; minute < 120; minute += 5) {
      now += 5 * MINUTE
      expect(await ask(keeper, 'a')).toBe('held')
      await keeper.cull(20)
    }
    expect(await ask(keeper, 'b')).toBe('held')
    expect(await ask(keeper, 'c')).toBe('refused')
  })

  test('loses it after idling, and then stands in line like everybody', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    now += 20 * MINUTE
    await keeper.cull(20)
    expect([await ask(keeper, 'b'), await ask(keeper, 'c'), await ask(keeper, 'a')]).toEqual([
      'held',
      'held',
      'refused',
    ])
  })

  test('keeps it over a restart of the agent, and the time of the outage is given back', async () => {
    const before = newKeeper()
    await ask(before, 'a')
    await ask(before, 'b')
    now += 30 * MINUTE
    const after = newKeeper()
    await after.load(30 * 60)
    down = true

    expect([await ask(after, 'a'), await ask(after, 'b')]).toEqual(['held', 'held'])
  })

  test('keeps it over an outage of the database longer than idling may last', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    down = true
    for (let minute = 0; minute < 60; minute += 5) {
      now += 5 * MINUTE
      expect(await ask(keeper, 'a')).toBe('held')
      await keeper.cull(20)
    }
    down = false
    now += 5_000

    expect(await ask(keeper, 'b')).toBe('held')
    expect(await ask(keeper, 'c')).toBe('refused')
    expect(await ask(keeper, 'a')).toBe('held')
    expect([...table.keys()].sort()).toEqual(['a', 'b'])
  })
})

describe('who has none', () => {
  test('is refused, let through with a warning or only counted, as the limit says', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    await ask(keeper, 'b')

    expect(await ask(keeper, 'c')).toBe('refused')
    expect(await ask(keeper, 'c', { behaviour: 'warn' })).toBe('over')
    expect(await ask(keeper, 'd', { behaviour: 'count' })).toBe('over')
    expect(events).toEqual(['session-refused', 'session-over-limit', 'session-over-limit'])
  })

  test('takes no seat with a session that the application does not know', async () => {
    const keeper = newKeeper()
    const prove = vi.fn(stranger)
    for (let guess = 0; guess < 100; guess++) expect(await ask(keeper, `guess ${guess}`, {}, prove)).toBe('unproven')
    expect(await ask(keeper, 'guess 99', {}, prove)).toBe('unproven')

    expect(prove).toHaveBeenCalledTimes(100)
    expect(table.size).toBe(0)
    expect(await ask(keeper, 'a')).toBe('held')
  })

  test('passes, recorded, while the table or the application does not answer', async () => {
    const keeper = newKeeper()
    expect(await ask(keeper, 'a', {}, async () => 'inconclusive')).toBe('unknown')
    down = true
    expect(await ask(keeper, 'a')).toBe('unknown')
    expect(keeper.reachable).toBe(false)
    down = false
    now += 5_000
    expect(await ask(keeper, 'a')).toBe('held')
    expect(keeper.reachable).toBe(true)
    expect(events).toEqual(['session-unchecked', 'seats-unreachable', 'seats-reachable'])
  })

  test('is counted as unchecked while the table does not answer, once in a while', async () => {
    const keeper = newKeeper()
    down = true
    for (const key of ['a', 'a', 'b']) expect(await ask(keeper, key)).toBe('unknown')

    expect(events).toEqual(['seats-unreachable', 'session-unchecked', 'session-unchecked'])
  })

  test('does not wait long for an application that hangs', async () => {
    const began = performance.now()
    expect(await ask(newKeeper(), 'a', {}, () => new Promise(() => {}))).toBe('unknown')
    expect(performance.now() - began).toBeLessThan(950)
  })

  test('gets the seat of somebody who has logged out meanwhile', async () => {
    const keeper = newKeeper()
    let loggedIn = true
    await ask(keeper, 'a', {}, async () => (loggedIn ? 'known' : 'stranger'))
    await ask(keeper, 'b')
    now += 15_000
    expect(await ask(keeper, 'c')).toBe('refused')
    loggedIn = false

    expect(await ask(keeper, 'c')).toBe('held')
    expect([...table.keys()].sort()).toEqual(['b', 'c'])
  })
})

test('of many that come at once exactly as many get in as there are seats, and asking twice takes one', async () => {
  const keeper = newKeeper()
  const came = Array.from({ length: 50 }, (_, index) => `session ${index % 25}`)
  const results = await Promise.all(came.map((key) => ask(keeper, key, { max: 7 })))

  expect(results.filter((result) => result === 'held')).toHaveLength(14)
  expect(table.size).toBe(7)
})

test('counts who works, and says when the first seat is free at the latest', async () => {
  const keeper = newKeeper()
  await ask(keeper, 'a')
  await ask(keeper, 'admin', {}, known, 'administrators')
  now += 3 * MINUTE
  await ask(keeper, 'admin')

  expect(keeper.counts(20)).toEqual({
    working: { people: 1, administrators: 1, services: 0 },
    nextFreeSeconds: 17 * 60,
  })
})

describe('the most who worked at the same moment', () => {
  const away = async (keeper: SeatKeeper, minutes: number) => {
    now += minutes * MINUTE
    await keeper.cull(LIMITS.idleMinutes)
  }

  test('is known afterwards, though they have gone before anybody asked', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    await ask(keeper, 'admin', {}, known, 'administrators')
    await away(keeper, 20)

    expect(keeper.takePeak()).toEqual({ people: 2, services: 0 })
    expect(keeper.takePeak()).toEqual({ people: 0, services: 0 })
  })

  test('counts on from those who still work when it is asked', async () => {
    const keeper = newKeeper()
    await ask(keeper, 'a')
    await ask(keeper, 'robot', {}, known, 'services')
    keeper.takePeak()
    await keeper.release('a')

    expect(keeper.takePeak()).toEqual({ people: 1, services: 1 })
    expect(keeper.takePeak()).toEqual({ people: 0, services: 1 })
  })

  test('counts who was let in beyond the limit, each session once and as long as it works', async () => {
    const keeper = newKeeper()
    const warn = { behaviour: 'warn' } as const
    for (const key of ['a', 'b', 'c', 'd', 'd', 'd']) await ask(keeper, key, warn)

    expect(keeper.takePeak()).toEqual({ people: 4, services: 0 })
    expect(keeper.counts(20).working.people).toBe(4)
    now += 15 * MINUTE
    for (const key of ['a', 'b', 'd']) await ask(keeper, key, warn)
    await away(keeper, 10)
    expect(keeper.counts(20).working.people).toBe(3)
    expect(await ask(keeper, 'e', warn)).toBe('over')
    now += 15 * MINUTE
    await ask(keeper, 'd', warn)
    await away(keeper, 1)
    keeper.takePeak()
    expect(keeper.takePeak().people).toBe(2)
  })

  test('does not count who was refused', async () => {
    const keeper = newKeeper()
    for (const key of ['a', 'b', 'c', 'd']) await ask(keeper, key)

    expect(keeper.takePeak().people).toBe(2)
  })
})
