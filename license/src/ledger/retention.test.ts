import { expect, test } from 'vitest'
import { plusDays } from '../utc.ts'
import { HOURS_KEPT_DAYS, SAMPLES_KEPT_DAYS } from './index.ts'
import { droppable, hoursMustBeKept, samplesMustBeKept } from './retention.ts'

const daysUntil = (last: string, count: number) =>
  Array.from({ length: count }, (_, index) => plusDays(last, index + 1 - count))
const days = daysUntil('2031-12-31', HOURS_KEPT_DAYS + 400)
const TODAY = '2031-12-31'

test('samples are dropped after their time, hours after theirs', () => {
  const { samples, hours } = droppable({ samples: days, hours: days }, new Set(days), TODAY)

  expect(days.length - samples.length).toBe(SAMPLES_KEPT_DAYS + 1)
  expect(days.length - hours.length).toBe(HOURS_KEPT_DAYS + 1)
})

test('what no seal has committed to stays, however old it is', () => {
  expect(droppable({ samples: days, hours: days }, new Set(), TODAY)).toEqual({ samples: [], hours: [] })
})

test('what was rightly dropped is never missed afterwards', () => {
  const { samples, hours } = droppable({ samples: days, hours: days }, new Set(days), TODAY)
  // The latest of each were dropped last; whatever is older was dropped before.
  for (let [today, step] = [TODAY, 0]; step < 400; step++, today = plusDays(today, 1)) {
    expect(samples.slice(-400).some((day) => samplesMustBeKept(day, today))).toBe(false)
    expect(hours.slice(-400).some((day) => hoursMustBeKept(day, today))).toBe(false)
  }
})

test('every day of an audit of the last five years has its hours', () => {
  expect(hoursMustBeKept('2027-01-01', '2031-12-31')).toBe(true)
})

test('a clock that was set back drops nothing', () => {
  expect(droppable({ samples: days, hours: days }, new Set(days), '2020-01-01')).toEqual({ samples: [], hours: [] })
})
