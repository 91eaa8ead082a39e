import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import { CALENDAR, DAY_MS, dayName, dayNumber, isZone, zoneOf } from './index.ts'

const ZONES = [
  ...['Europe/Ljubljana', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'],
  ...['Africa/Casablanca', 'America/St_Johns', 'Pacific/Chatham', 'UTC'],
]

describe('the day of a zone', () => {
  test.each(ZONES)('in %s is what its own calendar says, whenever', (name) => {
    const random = seeded(name.length)
    const zone = zoneOf(name)
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short' })
    for (let round = 0; round < 3000; round += 1) {
      const instant = Date.UTC(2010, 0, 1) + Math.floor(random() * 30 * 365 * DAY_MS)
      expect(dayName(zone.dayAt(instant)), new Date(instant).toISOString()).toBe(format.format(instant))
    }
  })

  test('changes at midnight there, to the millisecond, also where the clocks are changed that night', () => {
    const zone = zoneOf('Europe/Ljubljana')
    const day = (at: string) => dayName(zone.dayAt(Date.parse(at)))

    expect([day('2026-03-28T22:59:59.999Z'), day('2026-03-28T23:00:00Z')]).toEqual(['2026-03-28', '2026-03-29'])
    expect([day('2026-03-29T21:59:59.999Z'), day('2026-03-29T22:00:00Z')]).toEqual(['2026-03-29', '2026-03-30'])
    expect([day('2026-10-25T22:59:59.999Z'), day('2026-10-25T23:00:00Z')]).toEqual(['2026-10-25', '2026-10-26'])
  })

  test('has no name that is none', () => {
    expect(isZone('Europe/Ljubljana')).toBe(true)
    expect(['Europe/Nowhere', '', 'x'.repeat(1000)].map(isZone)).toEqual([false, false, false])
  })
})

describe('a time on the wall', () => {
  const zone = zoneOf('Europe/Ljubljana')
  const at = (day: string, minutes: number) => new Date(zone.instantAt(dayNumber(day), minutes)).toISOString()

  test('is the instant at which a clock there shows it', () => {
    expect(at('2026-11-22', 90)).toBe('2026-11-22T00:30:00.000Z')
    expect(at('2026-07-01', 90)).toBe('2026-06-30T23:30:00.000Z')
    expect(at('2026-11-22', 25 * 60)).toBe('2026-11-23T00:00:00.000Z')
  })

  test('that is left out is an hour later, and the first of two where there are two', () => {
    // The clocks go from two to three, and from three to two.
    expect(at('2026-03-29', 150)).toBe('2026-03-29T01:30:00.000Z')
    expect(at('2026-10-25', 150)).toBe('2026-10-25T00:30:00.000Z')
  })
})

describe('weeks and months', () => {
  const week = (day: string) => CALENDAR.week.name(CALENDAR.week.of(dayNumber(day)))
  const last = (period: 'week' | 'month', day: string) =>
    dayName(CALENDAR[period].lastDay(CALENDAR[period].of(dayNumber(day))))

  test.each([
    ['2026-11-22', '2026-W47'],
    ['2026-12-28', '2026-W53'],
    ['2027-01-03', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2024-12-30', '2025-W01'],
    ['2022-01-02', '2021-W52'],
    ['1970-01-01', '1970-W01'],
  ])('%s is in %s', (day, name) => expect(week(day)).toBe(name))

  test('end on a Sunday, and on the last of the month', () => {
    expect(last('week', '2026-11-16')).toBe('2026-11-22')
    expect(last('week', '2026-11-22')).toBe('2026-11-22')
    expect(last('month', '2027-02-01')).toBe('2027-02-28')
    expect(last('month', '2028-02-29')).toBe('2028-02-29')
    expect(last('month', '2026-12-31')).toBe('2026-12-31')
  })
})
