import { endOf, isZone, plusDays, startOf } from '../terms/index.ts'
import { dayOf } from '../utc.ts'
import type { Period } from './types.ts'

/** Days of a period as instants. An hour belongs to the contract day in which it begins, also where zones are off by half an hour. */
export interface PeriodCalendar {
  /** Milliseconds since 1970; `until` is the first that is over. */
  readonly from: number
  readonly until: number
  /** The contract's day that it is; null: outside the period. */
  dayAt(instant: number): string | null
  readonly has: (day: string) => boolean
}

/** Longer than licences are, so that nobody makes a reader count for ever. */
export const LONGEST_PERIOD_DAYS = 20 * 366

/** @throws RangeError when the period ends before it begins or is too long, or the zone is none */
export function periodCalendar(period: Period, timezone: string): PeriodCalendar {
  if (!isZone(timezone)) throw new RangeError('No such time zone.')
  const days: string[] = []
  for (let day = period.from; day <= period.to; day = plusDays(day, 1)) {
    if (days.push(day) > LONGEST_PERIOD_DAYS) throw new RangeError('The period is too long.')
  }
  if (days.length === 0) throw new RangeError('The period ends before it begins.')
  const starts = days.map((day) => startOf(day, timezone))
  const until = endOf(period.to, timezone)
  return {
    from: starts[0] as number,
    until,
    dayAt: (instant) => (instant >= until ? null : (days[lastNotAfter(starts, instant)] ?? null)),
    has: (day) => day >= period.from && day <= period.to,
  }
}

/** Index of the last start that is not after an instant; -1 before the first. */
function lastNotAfter(starts: readonly number[], instant: number): number {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] as number) <= instant) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** What queries with a period count may arrive so late: a database that does not answer is asked again later. */
const LATE_DAYS = 7

/**
 * The UTC days of which an audit of a period needs the hours: those that touch it, and the days after it in which counts of
 * its last hours may have arrived.
 */
export function evidenceDays(period: Period, timezone: string): { readonly from: string; readonly to: string } {
  return {
    from: dayOf(startOf(period.from, timezone)),
    to: plusDays(dayOf(endOf(period.to, timezone) - 1), LATE_DAYS),
  }
}
