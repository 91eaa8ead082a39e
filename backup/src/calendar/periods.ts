/** Days, ISO weeks and months as whole numbers that grow by one each: day 0 is 1970-01-01, a Thursday. */

import { DAY_MS } from './zone.ts'

export const PERIODS = ['day', 'week', 'month'] as const
export type Period = (typeof PERIODS)[number]

interface Calendar {
  /** The period in which a day is. */
  of(day: number): number
  /** The last day of a period. */
  lastDay(period: number): number
  /** `2026-11-22`, `2026-W47`, `2026-11`. */
  name(period: number): string
}

/** Thousands of snapshots name the same days again and again; more than some centuries of them are forgotten. */
function remembered(name: (period: number) => string): (period: number) => string {
  const names = new Map<number, string>()
  return (period) => {
    const known = names.get(period)
    if (known !== undefined) return known
    if (names.size > 100_000) names.clear()
    const made = name(period)
    names.set(period, made)
    return made
  }
}

/** `2026-11-22` */
export const dayName = remembered((day) => new Date(day * DAY_MS).toISOString().slice(0, 10))

/** The Monday of 1970-W01 is three days before day 0. */
const MONDAY = 3

export const CALENDAR: Readonly<Record<Period, Calendar>> = {
  day: { of: (day) => day, lastDay: (day) => day, name: dayName },
  week: {
    of: (day) => Math.floor((day + MONDAY) / 7),
    lastDay: (week) => week * 7 - MONDAY + 6,
    name: remembered(weekName),
  },
  month: {
    of: monthOf,
    lastDay: (month) => Date.UTC(1970, month + 1, 0) / DAY_MS,
    name: remembered((month) => dayName(Date.UTC(1970, month, 1) / DAY_MS).slice(0, 7)),
  },
}

/** @param name `2026-11-22` */
export const dayNumber = (name: string): number => Date.parse(`${name}T00:00Z`) / DAY_MS

function monthOf(day: number): number {
  const date = new Date(day * DAY_MS)
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
}

/** A week is of the year in which its Thursday is. */
function weekName(week: number): string {
  const thursday = new Date((week * 7 - MONDAY + 3) * DAY_MS)
  const year = thursday.getUTCFullYear()
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1
  return `${year}-W${String(number).padStart(2, '0')}`
}
