import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { type ClockState, corroborate, startClock, type Tick, tick, unlock } from './clock.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const START = Date.parse('2026-03-01T12:00:00Z')

/** Runs for so many seconds with a tick each `step`, the computer's clock starting at `wall`. */
function run(state: ClockState, seconds: number, { wall = state.wall, step = HOUR } = {}) {
  let current: Tick = { state, now: state.now, events: [] }
  const kinds: string[] = []
  for (let ran = step; ran <= seconds; ran += step) {
    current = tick(current.state, { wall: wall + ran * 1000, ranSeconds: step })
    kinds.push(...current.events.map(({ kind }) => kind))
  }
  return { ...current, kinds }
}

const jump = (state: ClockState, seconds: number) => tick(state, { wall: state.wall + seconds * 1000, ranSeconds: 0 })

test('a clock that runs as time does is followed to the millisecond', () => {
  const { state, now, kinds } = run(startClock(START), 100 * DAY)

  expect(now).toBe(START + 100 * DAY * 1000)
  expect(state.expected).toBe(now)
  expect(kinds).toEqual([])
})

test.each([
  ['into summer time', '2026-03-29T00:30:00Z'],
  ['out of summer time', '2026-10-25T00:30:00Z'],
  ['over a leap day', '2028-02-28T12:00:00Z'],
])('%s nothing happens: instants know no zones', (_, from) => {
  const { now, kinds } = run(startClock(Date.parse(from)), 3 * DAY, { step: 60 })

  expect(now).toBe(Date.parse(from) + 3 * DAY * 1000)
  expect(kinds).toEqual([])
})

describe('a clock ahead', () => {
  test.each([1, HOUR, DAY - 1, DAY])('by %i seconds is followed', (seconds) => {
    expect(jump(startClock(START), seconds)).toMatchObject({ now: START + seconds * 1000, events: [] })
  })

  test.each([DAY + 1, 30 * DAY, 90 * DAY, 3650 * DAY])('by %i seconds is not believed for 72 hours', (seconds) => {
    const first = jump(startClock(START), seconds)
    const almost = run(first.state, 72 * HOUR - 1, { step: 1 * HOUR })
    const over = run(first.state, 72 * HOUR)

    expect(first).toMatchObject({ now: START, events: [{ kind: 'jumped-ahead', byMs: seconds * 1000 }] })
    expect(almost.now).toBe(START + 71 * HOUR * 1000)
    expect(almost.kinds).toEqual([])
    expect(over.now).toBe(START + (seconds + 72 * HOUR) * 1000)
    expect(over.kinds).toEqual(['believed'])
  })

  test('by mistake and set right again costs nothing', () => {
    const wrong = run(jump(startClock(START), 3650 * DAY).state, 70 * HOUR)
    const right = tick(wrong.state, { wall: START + 71 * HOUR * 1000, ranSeconds: HOUR })

    expect(right).toMatchObject({ now: START + 71 * HOUR * 1000, events: [{ kind: 'agrees-again' }] })
    expect(run(right.state, 10 * DAY)).toMatchObject({ now: START + (71 * HOUR + 10 * DAY) * 1000, kinds: [] })
  })

  test('is believed for as much as it claimed throughout', () => {
    const first = jump(startClock(START), 10 * DAY)
    const later = jump(run(first.state, 71 * HOUR).state, 3650 * DAY)
    const over = tick(later.state, { wall: later.state.wall + HOUR * 1000, ranSeconds: HOUR })

    expect(over.now).toBe(START + (10 * DAY + 72 * HOUR) * 1000)
    expect(over.state.jump?.leastMs).toBe(3650 * DAY * 1000)
  })
})

test('a server that runs in office hours only catches up', () => {
  let state = startClock(Date.parse('2026-03-02T08:00:00Z'))
  for (let day = 1; day <= 40; day += 1) {
    const morning = Date.parse('2026-03-02T08:00:00Z') + day * DAY * 1000
    if ([0, 6].includes(new Date(morning).getUTCDay())) continue
    state = tick(state, { wall: morning, ranSeconds: 0 }).state
    state = run(state, 9 * HOUR).state
  }

  const behindDays = (state.wall - state.now) / 1000 / DAY
  expect(behindDays).toBeGreaterThanOrEqual(0)
  expect(behindDays).toBeLessThan(14)
})

describe('a clock behind', () => {
  test.each([1, HOUR, DAY - 1, DAY])('by %i seconds lets licence time stand until it has caught up', (seconds) => {
    const back = jump(startClock(START), -seconds)

    expect(back).toMatchObject({ now: START, events: [] })
    expect(run(back.state, seconds - 1, { step: 1 }).now).toBe(START)
    expect(run(back.state, seconds + 10, { step: 1 }).now).toBe(START + 10_000)
  }, 20_000)

  test.each([DAY + 1, 90 * DAY])('by %i seconds is said once, and time goes on by running', (seconds) => {
    const back = jump(startClock(START), -seconds)
    const later = run(back.state, 30 * DAY)

    expect(back).toMatchObject({ now: START, events: [{ kind: 'set-back', byMs: -seconds * 1000 }] })
    expect(later).toMatchObject({ now: START + 30 * DAY * 1000, kinds: [] })
  })

  test('set back a little again and again stops time for a day at most', () => {
    let state = startClock(START)
    for (let day = 0; day < 60; day += 1) {
      state = jump(state, -23 * HOUR).state
      state = run(state, 23 * HOUR).state
    }

    expect(state.now).toBeGreaterThanOrEqual(START + (60 * 23 * HOUR - DAY) * 1000)
  })
})

describe('a signed document', () => {
  const off = jump(startClock(START), 30 * DAY).state

  test('of the same day makes the clock believed at once', () => {
    expect(corroborate(off, off.wall - 3 * HOUR * 1000)).toMatchObject({ now: off.wall, jump: null })
  })

  test('of some days ago moves the floor; the rest must be waited for', () => {
    const signed = off.wall - 5 * DAY * 1000
    const moved = corroborate(run(off, 71 * HOUR).state, signed)

    expect(moved.now).toBe(signed)
    expect(run(moved, HOUR)).toMatchObject({ kinds: ['believed'], now: moved.wall + HOUR * 1000 })
  })

  test('from before licence time says nothing', () => {
    const lagging = jump(startClock(START), -20 * HOUR).state

    expect(corroborate(off, START - 1)).toEqual(off)
    expect(corroborate(run(lagging, 3 * HOUR).state, START)).toEqual(run(lagging, 3 * HOUR).state)
  })

  test('never turns licence time back', () => {
    const wrong = run(jump(startClock(START), 90 * DAY).state, 72 * HOUR).state
    const corrected = tick(wrong, { wall: START + 73 * HOUR * 1000, ranSeconds: HOUR }).state

    expect(corroborate(corrected, START + 73 * HOUR * 1000).now).toBe(corrected.now)
  })
})

test.each([-90, -1, 1, 90])('an unlock sets licence time right by %i days', (days) => {
  const wrong = { ...startClock(START + days * DAY * 1000), wall: START }
  const right = unlock(wrong, START)

  expect(right.now).toBe(START)
  expect(run(right, 10 * DAY)).toMatchObject({ now: START + 10 * DAY * 1000, kinds: [] })
})

test('whatever the clock says, licence time never runs backwards', () => {
  const random = seeded(20260301)
  const leaps = [0, 1, HOUR, DAY - 1, DAY, DAY + 1, 3 * DAY, 90 * DAY, 4000 * DAY]
  let state = startClock(START)
  let ran = 0
  for (let index = 0; index < 50_000; index += 1) {
    const leap = random() < 0.2 ? (leaps[Math.floor(random() * leaps.length)] as number) * (random() < 0.5 ? -1 : 1) : 0
    const ranSeconds = Math.floor(random() * 2 * HOUR)
    const before = state
    ran += ranSeconds
    if (random() < 0.01) state = corroborate(state, state.now + (random() - 0.5) * 200 * DAY * 1000)
    state = tick(state, { wall: state.wall + (ranSeconds + leap) * 1000, ranSeconds }).state
    expect(state.now).toBeGreaterThanOrEqual(before.now)
    expect(state.expected).toBeGreaterThanOrEqual(state.now)
  }
  expect(state.now).toBeGreaterThanOrEqual(START + ran * 1000 - DAY * 1000)
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
})
