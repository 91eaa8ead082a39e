import { DAY_MS, HOUR_MS, hourOf, MINUTE_MS, startOfDay, startOfHour } from '@domicile/license/utc'

/** Minutes of a UTC day, and the hours that are over. */

export const minuteOf = (instant: Date): number => Math.floor((instant.getTime() % DAY_MS) / MINUTE_MS)
export const instantOf = (day: string, minute: number): Date => new Date(startOfDay(day) + minute * MINUTE_MS)

export const hourAfter = (hour: string): string => hourOf(startOfHour(hour) + HOUR_MS)

/** From the first on, the hours that are over by now. */
export function hoursOver(first: string, now: Date, most: number): string[] {
  const hours: string[] = []
  for (let hour = first; hours.length < most && startOfHour(hour) + HOUR_MS <= now.getTime(); hour = hourAfter(hour)) {
    hours.push(hour)
  }
  return hours
}
