import type { AuditReport, LevelFigures } from '@domicile/license/audit'
import type { HourEntry } from '@domicile/license/ledger'
import { daysBetween, endOf, startOf } from '@domicile/license/terms'
import { HOUR_MS, startOfDay } from '@domicile/license/utc'

/** A level over one day, or one hour of a short period. */
export interface Step {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly peak: number
  readonly average: number
  readonly limit: number | null
  /** Minutes above the limit that was in force then. */
  readonly overMinutes: number
}

/** Up to so many days are drawn by the hour. */
const DAYS_BY_HOUR = 21

/** What is drawn of a level, in order; times in which nothing was known are left out. */
export function stepsOf(report: AuditReport, name: 'users' | 'sessions'): Step[] {
  const { period } = report.figures
  const level = report.figures[name]
  if (!level) return []
  return daysBetween(period.from, period.to) < DAYS_BY_HOUR ? byHour(report, name) : byDay(level, report, name)
}

/** Hours of the period, in order, each with its beginning. */
export function* hoursIn({ evidence, period, timezone }: AuditReport): Generator<{ from: number; entry: HourEntry }> {
  const [first, end] = [startOf(period.from, timezone), endOf(period.to, timezone)]
  for (const { day, hours } of evidence.days) {
    for (const entry of hours) {
      const from = startOfDay(day) + entry.hour * HOUR_MS
      if (from >= first && from < end) yield { from, entry }
    }
  }
}

function byHour(report: AuditReport, name: string): Step[] {
  return [...hoursIn(report)].flatMap(({ from, entry: { limits, levels } }): Step[] => {
    const level = levels[name]
    if (!level) return []
    const [, peak, sum, known, overMinutes] = level
    return [{ from, until: from + HOUR_MS, peak, average: sum / known, limit: limits[name] ?? null, overMinutes }]
  })
}

function byDay({ days, limit }: LevelFigures, report: AuditReport, name: string): Step[] {
  const hours = [...hoursIn(report)]
  let next = 0
  return days.map(({ day, peak, average, overMinutes }) => {
    const [from, until] = [startOf(day, report.timezone), endOf(day, report.timezone)]
    // The last of the day; where the hours are gone, what holds at the end of the period.
    let inForce = limit
    for (let hour = hours[next]; hour && hour.from < until; hour = hours[++next]) {
      if (hour.from >= from) inForce = hour.entry.limits[name] ?? null
    }
    return { from, until, peak, average, overMinutes, limit: inForce }
  })
}

/** Of the 24 hours of the contract's day: the most there ever were in that hour, and how many on average. */
export interface HourOfDay {
  readonly hour: number
  readonly peak: number
  readonly average: number
}

export function hoursOfDay(report: AuditReport, name: 'users' | 'sessions'): HourOfDay[] {
  const all = Array.from({ length: 24 }, (_, hour) => ({ hour, peak: 0, sum: 0, known: 0 }))
  const local = new Intl.DateTimeFormat('en-GB', { timeZone: report.timezone, hour: '2-digit' })
  for (const { from, entry } of hoursIn(report)) {
    const level = entry.levels[name]
    const into = all[Number(local.format(from))]
    if (!level || !into) continue
    into.peak = Math.max(into.peak, level[1])
    into.sum += level[2]
    into.known += level[3]
  }
  return all.map(({ hour, peak, sum, known }) => ({ hour, peak, average: known === 0 ? 0 : sum / known }))
}
