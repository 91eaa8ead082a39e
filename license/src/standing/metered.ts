import type { LicenceClaims } from '../document/index.ts'
import type { DayHours, MeterName } from '../ledger/types.ts'
import { dayAt, firstOfNextMonth, plusMonths, startOf, type Terms } from '../terms/index.ts'
import { HOUR_MS, MINUTE_MS, startOfDay, startOfHour } from '../utc.ts'

/** A calendar month or year in the time zone of the terms. */
export type Per = 'month' | 'year'

/** Under which name `Usage.meters` holds what a limit is about: `database_bytes`, `transfer_bytes/month`. */
export const usageKey = (meter: MeterName, per?: Per): string => (per ? `${meter}/${per}` : meter)

export interface Metered {
  readonly licence: LicenceClaims
  readonly terms: Terms
  /** How many there are now; null: could not be asked. */
  readonly levels: Readonly<Record<MeterName, number | null>>
  /**
   * Days by the hour, today's among them, in order: at least those of the calendar year. With those of the year before
   * it, sales that are counted only after midnight on New Year's Eve still move the tier.
   */
  readonly hours: Iterable<DayHours>
  /** Licence time, in milliseconds since 1970. */
  readonly now: number
}

/**
 * The numbers that licence limits, fair use and tiers ask for, by `usageKey`; what is not known is left out.
 *
 * Of a month or a year it is the sum of a count. Of a level it is what the average will be at least: the minutes that are
 * still to come, and those that were not measured, are zero. So it only grows, nobody is warned of a month because of its
 * first night, and at the end of a month that was measured whole it is the average. An hour belongs to the month that it
 * begins in.
 */
export function meteredUsage({ licence, terms, levels, hours, now }: Metered): Record<string, number> {
  const asked = askedOf(licence, terms)
  const tally = talliesOf(asked, terms.timezone, now)
  for (const day of hours) tallyDay(day, tally)
  const present = asked.flatMap(({ meter, per }) => {
    const value = per === undefined ? levels[meter] : undefined
    return typeof value === 'number' ? [[meter, value] as const] : []
  })
  const counted = tally.flatMap((one) => {
    const value = amountOf(one)
    return value === null ? [] : [[usageKey(one.meter, one.per), value] as const]
  })
  // Of two years under one name the greater stays.
  return Object.fromEntries([...present, ...counted.toSorted(([, a], [, b]) => a - b)])
}

interface Asked {
  readonly meter: MeterName
  readonly per: Per | undefined
  /** A tier that was passed last year counts, though that was summed up only in this one. */
  readonly ofLastYear?: boolean
}

/** Each once, however many rules ask for it. */
function askedOf({ limits, tiers }: LicenceClaims, { fairUse, tiers: tierRule }: Terms): Asked[] {
  const asked: Asked[] = [
    ...(tiers && tierRule ? [{ meter: tiers.meter, per: 'year' as const, ofLastYear: true }] : []),
    ...Object.entries(limits.meters ?? {}).map(([meter, { per }]) => ({ meter, per })),
    ...fairUse.flatMap(({ meter, per }) => (meter === undefined ? [] : [{ meter, per }])),
  ]
  return [...new Map(asked.map((one) => [usageKey(one.meter, one.per), one])).values()]
}

interface Tally {
  readonly meter: MeterName
  readonly per: Per
  /** Hours that begin from here on until there, exclusive. */
  readonly from: number
  readonly until: number
  count: number | null
  level: number | null
  /** Hours for which a query has answered: a second answer does not count, as in an audit. */
  readonly answered: Set<string>
}

function talliesOf(asked: readonly Asked[], zone: string, now: number): Tally[] {
  const today = dayAt(now, zone)
  const january = `${today.slice(0, 4)}-01-01`
  const span = (first: string, next: string) => ({ from: startOf(first, zone), until: startOf(next, zone) })
  const lastYear = span(plusMonths(january, -12), january)
  const present = {
    month: span(`${today.slice(0, 7)}-01`, firstOfNextMonth(today)),
    year: span(january, plusMonths(january, 12)),
  }
  return asked.flatMap(({ meter, per, ofLastYear }) =>
    per === undefined
      ? []
      : [...(ofLastYear ? [lastYear] : []), present[per]].map(
          (bounds): Tally => ({ meter, per, ...bounds, count: null, level: null, answered: new Set() }),
        ),
  )
}

function tallyDay({ day, hours, flows }: DayHours, tallies: readonly Tally[]): void {
  for (const tally of tallies) {
    const { meter } = tally
    for (const { hour, levels, counts } of hours) {
      if (!within(tally, startOfDay(day) + hour * HOUR_MS)) continue
      if (counts[meter] !== undefined) tally.count = (tally.count ?? 0) + counts[meter]
      if (levels[meter] !== undefined) tally.level = (tally.level ?? 0) + levels[meter][2]
    }
    for (const { hour, counts } of flows) {
      if (counts[meter] === undefined || !within(tally, startOfHour(hour))) continue
      if (tally.answered.has(hour)) continue
      tally.answered.add(hour)
      tally.count = (tally.count ?? 0) + counts[meter]
    }
  }
}

const within = ({ from, until }: Tally, at: number) => from <= at && at < until

const amountOf = ({ from, until, count, level }: Tally): number | null =>
  count ?? (level === null ? null : level / ((until - from) / MINUTE_MS))
