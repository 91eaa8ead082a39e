import { type LicenceClaims, limitNamed } from '../document/index.ts'
import { entryOf } from '../entry-of.ts'
import type { LevelSummary, MeterName } from '../ledger/types.ts'
import { fairUseLimits, type Per } from '../standing/index.ts'
import { endOf, endOfMonth, plusDays, plusMonths, startOf, type Terms, unitOf } from '../terms/index.ts'
import { iso, MINUTE_MS } from '../utc.ts'
import { licenceAt } from './limits.ts'
import { endOfBlock, type Measured } from './reconcile-evidence.ts'
import type { Named } from './reconcile-excess.ts'
import type { FairUseStretch, PeriodExcess } from './reconcile-types.ts'

/** What a meter came to in one month or year. */
interface PeriodTotal {
  /** `2026-05` or `2026`. */
  readonly in: string
  readonly value: number
  readonly lastDay: string
  readonly whole: boolean
}

/**
 * By calendar month or year: the sum of a count; of a level the average of the minutes in which it was known, as the audit
 * gives it. Of a part of a month it is what the whole comes to at least: the rest is zero.
 */
function periodTotals(meter: MeterName, per: Per, measured: Measured, { timezone }: Terms): PeriodTotal[] {
  const sums = new Map<string, Sums>()
  const add = (day: string, count: number | undefined, level?: LevelSummary) => {
    if (count === undefined && level === undefined) return
    const key = day.slice(0, per === 'month' ? 7 : 4)
    const { counted = false, sum = 0, known = 0 } = sums.get(key) ?? {}
    const more = count ?? level?.[2] ?? 0
    sums.set(key, { counted: counted || count !== undefined, sum: sum + more, known: known + (level?.[3] ?? 0) })
  }
  for (const { day, counts, levels } of measured.blocks) add(day, entryOf(counts, meter), entryOf(levels, meter))
  for (const { day, counts } of measured.flows) add(day, entryOf(counts, meter))
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { counted, sum, known }]) => {
      const first = `${key}-01-01`.slice(0, 10)
      const lastDay = per === 'month' ? endOfMonth(first) : plusDays(plusMonths(first, 12), -1)
      const whole = measured.periods.some(({ from, to }) => from <= first && to >= lastDay)
      const minutes = (endOf(lastDay, timezone) - startOf(first, timezone)) / MINUTE_MS
      const average = Math.round((sum / (whole ? known : minutes)) * 100) / 100
      return { in: key, value: counted ? sum : average, lastDay, whole }
    })
}

interface Sums {
  readonly counted: boolean
  readonly sum: number
  readonly known: number
}

/** Months or years in which more was counted than the licence in force at their end allows. */
export function overspent(
  named: Named,
  all: readonly Measured[],
  licence: LicenceClaims,
  terms: Terms,
): PeriodExcess[] {
  return all.flatMap((measured) => {
    const per = limitNamed(licence, named.limit)?.per
    if (!per) return []
    return periodTotals(named.limit, per, measured, terms).flatMap((total): PeriodExcess[] => {
      const then = licenceAt(measured.licences, endOf(total.lastDay, terms.timezone) - 1) ?? licence
      const max = (limitNamed(then, named.limit) ?? limitNamed(licence, named.limit))?.max ?? 0
      return total.value > max ? [excessOf(named, measured, total, max, unitOf(named.limit))] : []
    })
  })
}

const excessOf = (
  named: Named,
  { installation }: Measured,
  { in: key, value, whole }: PeriodTotal,
  max: number,
  unit: string,
): PeriodExcess => ({
  ...{ kind: 'period', ...named, installation, in: key, used: value, max, over: value - max, unit, whole },
})

type FairUse = PeriodExcess | FairUseStretch

/** Where the terms call less fair: whole months or years, and stretches of hours of what has no period. */
export function fairUseExcesses(all: readonly Measured[], licence: LicenceClaims, terms: Terms) {
  return all.flatMap((measured) =>
    fairUseLimits(terms, licence.limits).flatMap(({ meter, what, clause, unit, per, max }): FairUse[] => {
      const named = { limit: meter, title: what, clause }
      if (per === null) return stretches(named, measured, max, unit)
      return periodTotals(meter, per, measured, terms).flatMap((total) => {
        const then = licenceAt(measured.licences, endOf(total.lastDay, terms.timezone) - 1) ?? licence
        const most = fairUseLimits(terms, then.limits).find((one) => one.meter === meter && one.per === per)?.max ?? max
        return total.value > most ? [excessOf(named, measured, total, most, unit)] : []
      })
    }),
  )
}

function stretches(named: Named, { installation, blocks }: Measured, max: number, unit: string): FairUseStretch[] {
  const found: { from: number; until: number; used: number }[] = []
  for (const block of blocks) {
    const greatest = block.levels[named.limit]?.[1]
    if (greatest === undefined || greatest <= max) continue
    const last = found.at(-1)
    if (last?.until === block.start)
      Object.assign(last, { until: endOfBlock(block), used: Math.max(last.used, greatest) })
    else found.push({ from: block.start, until: endOfBlock(block), used: greatest })
  }
  return found.map(({ from, until, used }) => ({
    ...{
      kind: 'stretch',
      ...named,
      installation,
      from: iso(from),
      until: iso(until),
      used,
      max,
      over: used - max,
      unit,
    },
  }))
}
