import type { AuditReport, LevelFigures } from '@domicile/license/audit'
import { dayAt, daysBetween, endOf, startOf } from '@domicile/license/terms'

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

const HOUR_MS = 3_600_000
/** Up to so many days are drawn by the hour. */
const DAYS_BY_HOUR = 21

/** What is drawn of a level, in order; times in which nothing was known are left out. */
export function stepsOf(report: AuditReport, name: 'users' | 'sessions'): Step[] {
  const { period, timezone } = report.figures
  const level = report.figures[name]
  if (!level) return []
  return daysBetween(period.from, period.to) < DAYS_BY_HOUR
    ? byHour(report, name).filter(({ from }) => within(from, report))
    : byDay(level, limitsByDay(report, name), timezone)
}

const within = (at: number, { period, timezone }: AuditReport) =>
  at >= startOf(period.from, timezone) && at < endOf(period.to, timezone)

function byHour({ evidence }: AuditReport, name: string): Step[] {
  return evidence.days.flatMap(({ day, hours }) =>
    hours.flatMap(({ hour, limits, levels }): Step[] => {
      const level = levels[name]
      if (!level) return []
      const [, peak, sum, known, overMinutes] = level
      const from = Date.parse(`${day}T00:00Z`) + hour * HOUR_MS
      const limit = limits[name] ?? null
      return [{ from, until: from + HOUR_MS, peak, average: sum / known, limit, overMinutes }]
    }),
  )
}

const byDay = ({ days, limit }: LevelFigures, limits: ReadonlyMap<string, number | null>, timezone: string): Step[] =>
  days.map(({ day, peak, average, overMinutes }) => ({
    ...{ from: startOf(day, timezone), until: endOf(day, timezone), peak, average, overMinutes },
    limit: limits.has(day) ? (limits.get(day) ?? null) : limit,
  }))

/** The last of each day of the contract. */
function limitsByDay({ evidence, timezone }: AuditReport, name: string): Map<string, number | null> {
  const limits = new Map<string, number | null>()
  for (const { day, hours } of evidence.days) {
    for (const { hour, limits: inForce } of hours) {
      limits.set(dayAt(Date.parse(`${day}T00:00Z`) + hour * HOUR_MS, timezone), inForce[name] ?? null)
    }
  }
  return limits
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
  for (const { day, hours } of report.evidence.days) {
    for (const { hour, levels } of hours) {
      const level = levels[name]
      const start = Date.parse(`${day}T00:00Z`) + hour * HOUR_MS
      const into = all[Number(local.format(start))]
      if (!level || !into || !within(start, report)) continue
      into.peak = Math.max(into.peak, level[1])
      into.sum += level[2]
      into.known += level[3]
    }
  }
  return all.map(({ hour, peak, sum, known }) => ({ hour, peak, average: known === 0 ? 0 : sum / known }))
}
