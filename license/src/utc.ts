/** Time in UTC, as the ledger counts it: days `2026-11-22`, hours `2026-11-22T08`, instants as milliseconds since 1970. */

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** As ISO 8601. */
export const iso = (instant: number | Date): string => new Date(instant).toISOString()

export const dayOf = (instant: number | Date): string => iso(instant).slice(0, 10)
export const hourOf = (instant: number | Date): string => iso(instant).slice(0, 13)

/** @returns NaN when it is no day, or no hour */
export const startOfDay = (day: string): number => Date.parse(`${day}T00:00Z`)
export const startOfHour = (hour: string): number => Date.parse(`${hour}:00Z`)

export const plusDays = (day: string, days: number): string => dayOf(startOfDay(day) + days * DAY_MS)

/** From the first day to the second; negative when it is the earlier one. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((startOfDay(to) - startOfDay(from)) / DAY_MS)
