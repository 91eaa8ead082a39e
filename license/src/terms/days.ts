/**
 * Calendar arithmetic of contracts: days as `YYYY-MM-DD`, instants as milliseconds since 1970, zones by IANA name.
 * Adding days to an instant keeps the time on the wall: such a day has 23 or 25 hours when clocks are changed.
 */

import { DAY_MS, dayOf, plusDays, startOfDay } from '../utc.ts'

export { daysBetween, plusDays } from '../utc.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const number = '2-digit'
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, calendar: 'iso8601', hourCycle: 'h23' },
    ...{ year: 'numeric', month: number, day: number, hour: number, minute: number, second: number },
  })
  formats.set(zone, made)
  return made
}

/** Asking a zone what time it is costs microseconds, and a calendar asks the same again and again. */
const walls = new Map<string, number>()
const MOST_WALLS = 2000

/** What a wall clock in `zone` shows, written as if it were UTC. */
function onTheWall(instant: number, zone: string): number {
  const key = `${instant} ${zone}`
  const known = walls.get(key)
  if (known !== undefined) return known
  if (walls.size >= MOST_WALLS) walls.clear()
  const wall = readOff(instant, zone)
  walls.set(key, wall)
  return wall
}

function readOff(instant: number, zone: string): number {
  const shown: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(instant)) shown[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown
  const milliseconds = ((instant % 1000) + 1000) % 1000
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
}

/** When a wall clock in `zone` shows `wall`: the first time of two, and where an hour is left out, as if it were not. */
function fromTheWall(wall: number, zone: string): number {
  const offset = (instant: number) => onTheWall(instant, zone) - instant
  const before = wall - offset(wall - DAY_MS)
  const after = wall - offset(wall + DAY_MS)
  const fitting = [before, after].filter((instant) => onTheWall(instant, zone) === wall)
  return fitting.length > 0 ? Math.min(...fitting) : before
}

export const isZone = (zone: string): boolean => {
  try {
    return formatOf(zone) !== undefined
  } catch {
    return false
  }
}

/** The day that it is in `zone` at an instant. */
export const dayAt = (instant: number, zone: string): string => dayOf(onTheWall(instant, zone))

/** The instant at which a day begins in `zone`: midnight, or the first moment after it where midnight is left out. */
export const startOf = (day: string, zone: string): number => fromTheWall(startOfDay(day), zone)

/** The instant at which a day is over in `zone`. */
export const endOf = (day: string, zone: string): number => startOf(plusDays(day, 1), zone)

/** The same day of the month so many months later, or the last one of a month that is too short for it. */
export function plusMonths(day: string, months: number): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)))
}

export const firstOfNextMonth = (day: string): string => plusMonths(`${day.slice(0, 7)}-01`, 1)

export const endOfMonth = (day: string): string => plusDays(firstOfNextMonth(day), -1)

/** The same time on the wall so many calendar days later (or earlier). */
export const laterByDays = (instant: number, days: number, zone: string): number =>
  days === 0 ? instant : fromTheWall(onTheWall(instant, zone) + days * DAY_MS, zone)
