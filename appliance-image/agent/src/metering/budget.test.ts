import { describe, expect, test } from 'vitest'
import { EARNED_MS, earned, flowsToAsk, levelsToAsk, spent } from './budget.ts'

/** How often each of some levels is asked in so many minutes, and what all of it costs. */
function asked(costs: Record<string, number>, minutes: number) {
  const times: Record<string, number> = Object.fromEntries(Object.keys(costs).map((name) => [name, 0]))
  const known = new Map<string, { costMs: number; askedAt: number }>()
  let [credit, total] = [EARNED_MS, 0]
  for (let minute = 1; minute <= minutes; minute++) {
    credit = earned(credit, 1)
    const priced = Object.keys(costs).map((name) => ({ name, costMs: null, askedAt: null, ...known.get(name) }))
    for (const name of levelsToAsk(priced, credit, minute * 60_000)) {
      const costMs = costs[name] ?? 0
      known.set(name, { costMs, askedAt: minute * 60_000 })
      credit = spent(credit, costMs)
      total += costMs
      times[name] = (times[name] ?? 0) + 1
    }
  }
  return { times, perMinute: total / minutes }
}

describe('levels', () => {
  test('that cost little are asked in every minute', () => {
    expect(asked({ users: 0.5, articles: 2, database_bytes: 2 }, 600).times).toEqual({
      users: 600,
      articles: 600,
      database_bytes: 600,
    })
  })

  test.each([
    [{ a: 20, b: 0.5 }],
    [{ a: 4, b: 4, c: 4, d: 4 }],
    [{ a: 100, b: 150, c: 1 }],
    [Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`m${index}`, 3]))],
  ])('cost the database no more than five milliseconds a minute, whatever they cost: %#', (costs) => {
    const { times, perMinute } = asked(costs, 3000)

    expect(perMinute).toBeLessThan(EARNED_MS * 1.1)
    expect(Math.min(...Object.values(times))).toBeGreaterThan(0)
  })

  test('that cost little are not silenced by one that is slow', () => {
    const { times, perMinute } = asked({ users: 1, articles: 1, slow: 2000 }, 601)

    expect(times).toEqual({ users: 601, articles: 601, slow: 11 })
    expect(perMinute).toBeLessThan(2 + (11 * 2000) / 601 + 0.1)
  })

  test('are asked once an hour at least, even when the budget is not enough for it', () => {
    const { times } = asked({ a: 2000, b: 2000 }, 602)

    expect(times['a']).toBeGreaterThanOrEqual(10)
    expect(times['b']).toBeGreaterThanOrEqual(10)
  })
})

test('of levels that take very long, one is asked in a minute', () => {
  const slow = (name: string) => ({ name, costMs: 2000, askedAt: 0 })
  const asked = levelsToAsk([slow('a'), slow('b'), { ...slow('c'), costMs: 1 }], 5, 2 * 3_600_000)

  expect(asked).toEqual(['a', 'c'])
})

describe('flows', () => {
  test('are asked as far as the credit reaches, and one always', () => {
    expect(flowsToAsk([1, 1, 1], 5)).toBe(3)
    expect(flowsToAsk([2, 2, 2], 5)).toBe(2)
    expect(flowsToAsk([2000, 1], 5)).toBe(1)
    expect(flowsToAsk([1, 1], -300)).toBe(1)
    expect(flowsToAsk([], 5)).toBe(0)
  })
})
