import { dayAt, endOfMonth, plusDays, plusMonths } from './days.ts'
import type { Terms } from './terms.ts'

/**
 * The last day of a contract of which notice is given at an instant: the notice period begins on the day after, and where
 * the contract says so, it ends with the calendar month in which the period runs out.
 */
export function terminationDay({ termination, timezone }: Terms, given: number): string {
  const { days = 0, months = 0 } = termination.notice
  const over = plusMonths(plusDays(dayAt(given, timezone), days), months)
  return termination.ends === 'month' ? endOfMonth(over) : over
}
