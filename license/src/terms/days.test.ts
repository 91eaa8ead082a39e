import { describe, expect, test } from 'vitest'
import {
  dayAt,
  daysBetween,
  endOf,
  endOfMonth,
  firstOfNextMonth,
  isZone,
  laterByDays,
  plusDays,
  plusMonths,
  startOf,
} from './days.ts'

const LJUBLJANA = 'Europe/Ljubljana'
const at = (text: string) => Date.parse(text)

describe('days in a zone', () => {
  test.each([
    ['winter', '2026-01-31', LJUBLJANA, '2026-01-30T23:00:00Z'],
    ['summer', '2026-07-01', LJUBLJANA, '2026-06-30T22:00:00Z'],
    ['the day clocks go forward', '2026-03-29', LJUBLJANA, '2026-03-28T23:00:00Z'],
    ['the day after', '2026-03-30', LJUBLJANA, '2026-03-29T22:00:00Z'],
    ['the day clocks go back', '2026-10-25', LJUBLJANA, '2026-10-24T22:00:00Z'],
    ['the day after', '2026-10-26', LJUBLJANA, '2026-10-25T23:00:00Z'],
    ['a leap day', '2028-02-29', LJUBLJANA, '2028-02-28T23:00:00Z'],
    ['a zone without summer time', '2026-07-01', 'Asia/Tokyo', '2026-06-30T15:00:00Z'],
    ['the far west', '2026-07-01', 'Pacific/Honolulu', '2026-07-01T10:00:00Z'],
    ['the far east', '2026-07-01', 'Pacific/Kiritimati', '2026-06-30T10:00:00Z'],
    ['a day without a midnight', '2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00Z'],
    ['a day with two midnights', '2020-11-01', 'America/Havana', '2020-11-01T04:00:00Z'],
  ])('%s: %s in %s begins at %s', (_, day, zone, instant) => {
    expect(new Date(startOf(day, zone)).toISOString()).toBe(new Date(instant).toISOString())
  })

  test.each([
    LJUBLJANA,
    'America/Sao_Paulo',
    'Africa/Cairo',
    'Asia/Tehran',
    'Pacific/Apia',
    'UTC',
  ])('in %s every day begins when it is first told, and ends when the next begins', (zone) => {
    // A whole day was left out in the zone of Apia in 2011; from 2012 on every zone has every day.
    for (let day = '2012-01-01'; day < '2029-01-01'; day = plusDays(day, 1)) {
      const begins = startOf(day, zone)
      expect(dayAt(begins, zone)).toBe(day)
      expect(dayAt(begins - 1, zone)).toBe(plusDays(day, -1))
      expect(endOf(day, zone)).toBe(startOf(plusDays(day, 1), zone))
    }
  }, 30_000)
})

describe('later by days', () => {
  test.each([
    ['over the change to summer time', '2026-03-28T09:30:00Z', 2, '2026-03-30T08:30:00Z'],
    ['over the change to winter time', '2026-10-24T08:30:00Z', 2, '2026-10-26T09:30:00Z'],
    ['back over it', '2026-10-26T09:30:00Z', -2, '2026-10-24T08:30:00Z'],
    ['into the hour that is left out', '2026-03-28T01:30:00Z', 1, '2026-03-29T01:30:00Z'],
    ['into the hour that comes twice: its first', '2026-10-24T00:30:00Z', 1, '2026-10-25T00:30:00Z'],
    ['over a leap day', '2028-02-28T11:00:00.250Z', 2, '2028-03-01T11:00:00.250Z'],
    ['90 days', '2026-01-15T11:00:00Z', 90, '2026-04-15T10:00:00Z'],
    ['90 days before', '2026-04-15T10:00:00Z', -90, '2026-01-15T11:00:00Z'],
    ['none', '2026-10-25T01:30:00Z', 0, '2026-10-25T01:30:00Z'],
  ])('%s the wall shows the same time', (_, from, days, to) => {
    expect(new Date(laterByDays(at(from), days, LJUBLJANA)).toISOString()).toBe(new Date(to).toISOString())
  })
})

test('months keep the day, or the last one there is', () => {
  expect(plusMonths('2026-01-31', 1)).toBe('2026-02-28')
  expect(plusMonths('2028-01-31', 1)).toBe('2028-02-29')
  expect(plusMonths('2026-11-30', 3)).toBe('2027-02-28')
  expect(plusMonths('2026-12-15', 1)).toBe('2027-01-15')
  expect(endOfMonth('2028-02-03')).toBe('2028-02-29')
  expect(firstOfNextMonth('2026-12-17')).toBe('2027-01-01')
  expect(daysBetween('2028-02-28', '2028-03-01')).toBe(2)
})

test('a zone is one of the IANA database', () => {
  expect(isZone(LJUBLJANA)).toBe(true)
  expect(isZone('Europe/Atlantis')).toBe(false)
})
