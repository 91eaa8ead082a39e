/** UTC days `2026-11-22` and hours `2026-11-22T08`, as the ledger names them. */

export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MINUTE_MS = 60_000

export const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10)
export const minuteOf = (instant: Date): number => Math.floor((instant.getTime() % DAY_MS) / MINUTE_MS)
export const hourOf = (instant: Date): string => instant.toISOString().slice(0, 13)

export const startOfHour = (hour: string): Date => new Date(`${hour}:00:00.000Z`)
export const startOfDay = (day: string): Date => new Date(`${day}T00:00:00.000Z`)
export const dayAfter = (day: string): string => dayOf(new Date(startOfDay(day).getTime() + DAY_MS))
export const hourAfter = (hour: string): string => hourOf(new Date(startOfHour(hour).getTime() + HOUR_MS))
export const instantOf = (day: string, minute: number): Date => new Date(startOfDay(day).getTime() + minute * MINUTE_MS)

/** From the first on, the hours that are over by now. */
export function hoursOver(first: string, now: Date, most: number): string[] {
  const hours: string[] = []
  for (let hour = first; hours.length < most && startOfHour(hour).getTime() + HOUR_MS <= now.getTime(); ) {
    hours.push(hour)
    hour = hourAfter(hour)
  }
  return hours
}
