import { expect, test } from 'vitest'
import { ReportedUsage } from './reported-usage.ts'

const HOUR_MS = 3_600_000

test('an id is known for 24 hours, of each meter by itself', () => {
  let now = 0
  const usage = new ReportedUsage(() => now)

  expect(usage.addOnce('mails', 1, 'a')).toBe(true)
  expect(usage.addOnce('letters', 1, 'a')).toBe(true)
  now = 24 * HOUR_MS - 1
  expect(usage.addOnce('mails', 1, 'a')).toBe(false)
  now = 24 * HOUR_MS
  expect(usage.addOnce('mails', 1, 'a')).toBe(true)
  expect(usage.take()).toEqual({ mails: 2, letters: 1 })
})

test('what is remembered is bounded: the oldest is forgotten first, whatever is counted stays', () => {
  const usage = new ReportedUsage(() => 0)
  for (let event = 0; event < 10_001; event++) usage.addOnce('mails', 1, `${event}`)

  expect(usage.addOnce('mails', 1, '10000')).toBe(false)
  expect(usage.addOnce('mails', 1, '0')).toBe(true)
  expect(usage.take()).toEqual({ mails: 10_002 })
})

test('a count never becomes one that cannot be written down exactly', () => {
  const usage = new ReportedUsage(() => 0)
  usage.add('mails', Number.MAX_SAFE_INTEGER)
  usage.add('mails', 1_000_000)

  expect(usage.take()).toEqual({ mails: Number.MAX_SAFE_INTEGER })
})
