import { expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { hoursText, readHours, type SampleBody, summarize, totals } from './index.ts'
import { columns, flow, randomDay } from './ledger.fixture.ts'

const DAY = '2026-11-22'

/** The same numbers by another way: every minute looked at on its own, in lists. */
function recounted(bodies: readonly SampleBody[]) {
  const levels: { name: string; hour: number; minute: number; value: number; over: boolean }[] = []
  const counts: { name: string; hour: number | null; value: number }[] = []
  const minutes = new Set<number>()
  let now = columns(DAY)
  for (const body of bodies) {
    if ('day' in body) now = body
    else if ('hour' in body) {
      for (const [name, value] of Object.entries(body.counts)) counts.push({ name, hour: null, value })
    } else {
      const [minute, ...values] = body
      const hour = Math.trunc(minute / 60)
      now.counts.forEach((name, index) => {
        counts.push({ name, hour, value: values[now.levels.length + index] ?? 0 })
      })
      if (minutes.has(minute)) continue
      minutes.add(minute)
      now.levels.forEach((name, index) => {
        const value = values[index]
        if (typeof value === 'number')
          levels.push({ name, hour, minute, value, over: value > (now.limits[name] ?? 1e9) })
      })
    }
  }
  const levelOf = (name: string, within: (hour: number) => boolean) => {
    const those = levels.filter((each) => each.name === name && within(each.hour))
    const values = those.map(({ value }) => value)
    const sum = values.reduce((a, b) => a + b, 0)
    return [Math.min(...values), Math.max(...values), sum, those.length, those.filter(({ over }) => over).length]
  }
  const countOf = (name: string, within: (hour: number | null) => boolean) =>
    counts.filter((each) => each.name === name && within(each.hour)).reduce((sum, { value }) => sum + value, 0)
  return { levelOf, countOf, samples: (hour: number) => [...minutes].filter((m) => Math.trunc(m / 60) === hour).length }
}

test.each(
  Array.from({ length: 25 }, (_, seed) => seed),
)('what is summed up is what a recount finds (day %i)', (seed) => {
  const random = seeded(seed)
  const bodies = randomDay(DAY, random, 1 + Math.floor(random() * 1440))
  const { levelOf, countOf, samples } = recounted(bodies)
  const day = summarize(DAY, bodies)

  for (const hour of day.hours) {
    expect(hour.samples).toBe(samples(hour.hour))
    for (const [name, summary] of Object.entries(hour.levels))
      expect(summary).toEqual(levelOf(name, (h) => h === hour.hour))
    for (const [name, count] of Object.entries(hour.counts)) expect(count).toBe(countOf(name, (h) => h === hour.hour))
  }
  const sealed = totals(day)
  expect(sealed.samples).toBe(day.hours.reduce((sum, hour) => sum + hour.samples, 0))
  for (const [name, summary] of Object.entries(sealed.levels)) expect(summary).toEqual(levelOf(name, () => true))
  for (const [name, count] of Object.entries(sealed.counts)) expect(count).toBe(countOf(name, () => true))
  expect(readHours(hoursText(day))).toEqual({ hours: day, problem: null })
})

test('a level at its limit is not over it, and one above is', () => {
  const { hours } = summarize(DAY, [columns(DAY), [0, 10, 4, 0, 0, 0], [1, 11, 5, 99, 0, 0]])

  expect(hours[0]?.levels).toEqual({
    users: [10, 11, 21, 2, 1],
    sessions: [4, 5, 9, 2, 1],
    'sale.users': [0, 99, 99, 2, 0],
  })
})

test('a limit counts from its line on, and the hour says which was in force at its end', () => {
  const lower = columns(DAY, { limits: { users: 5 } })
  const { hours } = summarize(DAY, [columns(DAY), [0, 8, 4, 0, 0, 0], lower, [1, 8, 4, 0, 0, 0]])

  expect(hours[0]?.levels['users']).toEqual([8, 8, 16, 2, 1])
  expect(hours[0]?.limits).toEqual({ users: 5 })
})

test('a minute that was sampled twice is one minute; what came to be in it is added up', () => {
  const day = summarize(DAY, [columns(DAY), [7, 9, 3, 1, 1, 100], [7, 99, 99, 99, 2, 11]])

  expect(day.hours[0]).toMatchObject({ samples: 1, levels: { users: [9, 9, 9, 1, 0] } })
  expect(day.hours[0]?.counts).toEqual({ sessions_refused: 3, transfer_bytes: 111 })
})

test('what could not be asked is unknown, not nothing', () => {
  const day = summarize(DAY, [columns(DAY), [0, null, 3, null, 0, 0], [1, null, 5, 2, null, null]])

  expect(day.hours[0]?.levels).toEqual({ sessions: [3, 5, 8, 2, 1], 'sale.users': [2, 2, 2, 1, 0] })
})

test('an hour of the day before that arrives today is in the totals of today', () => {
  const day = summarize(DAY, [columns(DAY), flow('2026-11-21', 23, 7), flow(DAY, 0, 5), [61, 1, 1, 1, 0, 0]])

  expect(day.flows.map(({ hour }) => hour)).toEqual(['2026-11-21T23', '2026-11-22T00'])
  expect(totals(day).counts).toEqual({
    sessions_refused: 0,
    transfer_bytes: 0,
    'sale.transactions': 12,
    'stock.transactions': 24,
  })
})

test('a day without samples has no hours and no totals', () => {
  expect(summarize(DAY, [])).toEqual({ version: 1, day: DAY, hours: [], flows: [] })
  expect(totals(summarize(DAY, []))).toEqual({ samples: 0, levels: {}, counts: {} })
})

test('terabytes stay numbers that are read back', () => {
  const disk = 2 ** 53 - 1
  const bodies: SampleBody[] = [columns(DAY, { levels: ['disk_bytes'], counts: [], limits: {} })]
  for (let minute = 0; minute < 1440; minute++) bodies.push([minute, disk])
  const day = summarize(DAY, bodies)

  expect(readHours(hoursText(day)).problem).toBeNull()
  expect(totals(day).levels['disk_bytes']?.[2]).toBeCloseTo(1440 * disk, -12)
})
