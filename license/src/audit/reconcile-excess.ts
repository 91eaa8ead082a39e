import { type LicenceClaims, limitNamed } from '../document/index.ts'
import { entryOf } from '../entry-of.ts'
import type { MeterName } from '../ledger/types.ts'
import { dayAt, daysBetween, plusMonths, type Terms } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { endOfBlock, levelFigures, type Measured } from './reconcile-evidence.ts'
import type { Excess, NonCompliance, PeriodExcess } from './reconcile-types.ts'
import type { OverUse } from './types.ts'

type Interval = OverUse & { readonly installation: string }

/** Names of levels that were above a limit at some time. */
export const exceeded = (all: readonly Measured[]): MeterName[] => {
  const names = all.flatMap(({ blocks }) =>
    blocks.flatMap(({ levels }) => Object.entries(levels).flatMap(([name, [, , , , over]]) => (over > 0 ? name : []))),
  )
  return [...new Set(names)].toSorted()
}

/** What is said about a limit beside its numbers. */
export interface Named {
  readonly limit: MeterName
  readonly title: string
  readonly clause: string
}

/**
 * Use of one level beyond the licence. Another height of the limit is another excess: what was licensed meanwhile changes
 * what is owed. Installations are not added up.
 */
export function excessesOf(named: Named, all: readonly Measured[], licence: LicenceClaims, terms: Terms): Excess[] {
  const { limit } = named
  const intervals = all.flatMap((measured) =>
    levelFigures(limit, measured.blocks, measured).overUse.map(
      (over): Interval => ({ ...over, installation: measured.installation }),
    ),
  )
  const now = limitNamed(licence, limit)?.max ?? 0
  return [...Map.groupBy(intervals, (interval) => interval.limit)].map(([licensed, those]) => {
    const peak = Math.max(...those.map((one) => one.peak))
    const lasts = Map.groupBy(those, ({ installation }) => installation)
    const ends = [...lasts].map(([installation, own]) => ({
      measured: byId(all, installation),
      until: Math.max(...own.map((one) => Date.parse(one.until))),
    }))
    return {
      ...named,
      ...{ licensed, peak, extent: peak - licensed, missing: Math.max(0, peak - Math.max(licensed, now)) },
      minutes: those.reduce((sum, { minutes }) => sum + minutes, 0),
      intervals: those.toSorted((a, b) => (a.from < b.from ? -1 : 1)),
      time: nonCompliance(
        Math.min(...those.map(({ from }) => Date.parse(from))),
        ends.map(({ measured, until }) => lastMoment(limit, measured, until, licensed)),
        terms.timezone,
      ),
    }
  })
}

const byId = (all: readonly Measured[], id: string) => all.find(({ installation }) => installation === id) as Measured

interface End {
  readonly until: number
  readonly open: boolean
}

/** It has ended when the level was looked at again and was not above it; else it goes on to the end of what is reported. */
function lastMoment(limit: MeterName, { blocks, until: reported }: Measured, until: number, licensed: number): End {
  const later = blocks.filter((block) => block.start >= until && entryOf(block.levels, limit) !== undefined)
  const ended = later.some(
    ({ levels, limits }) =>
      entryOf(levels, limit)?.[4] === 0 || (entryOf(limits ?? {}, limit) ?? licensed) !== licensed,
  )
  return ended ? { until, open: false } : { until: Math.max(until, reported), open: true }
}

/** From an instant until the last of some ends. */
export function nonCompliance(from: number, ends: readonly End[], zone: string): NonCompliance {
  const until = Math.max(...ends.map((end) => end.until))
  const firstDay = dayAt(from, zone)
  const lastDay = dayAt(Math.max(from, until - 1), zone)
  return {
    ...{ from: iso(from), until: iso(until), open: ends.some(({ open }) => open), firstDay, lastDay },
    ...{ days: daysBetween(firstDay, lastDay) + 1, months: startedMonths(firstDay, lastDay) },
  }
}

/** Months begun from one day to another, each counted from the first: 31 January to 28 February are two. */
export function startedMonths(first: string, last: string): number {
  let months = 1
  while (plusMonths(first, months) <= last) months += 1
  return months
}

/** Use of a level beyond what is licensed that is only counted: the greatest of each calendar month is billed. */
export function billedLevels(named: Named, all: readonly Measured[]): PeriodExcess[] {
  return all.flatMap((measured) => {
    const months = Map.groupBy(measured.blocks, ({ day }) => day.slice(0, 7))
    return [...months].flatMap(([month, blocks]): PeriodExcess[] => {
      const over = levelFigures(named.limit, blocks, measured).overUse
      const most = over.toSorted((a, b) => b.peak - b.limit - (a.peak - a.limit))[0]
      if (!most) return []
      const { peak: used, limit: max } = most
      const { installation } = measured
      return [{ kind: 'period', ...named, installation, in: month, used, max, over: used - max, unit: '', whole: true }]
    })
  })
}

/** The hours of an installation that lie between two instants, as evidence. */
export const spanOf = ({ installation, blocks }: Measured) => {
  const [first] = blocks
  const last = blocks.at(-1)
  return first && last ? { installation, from: iso(first.start), until: iso(endOfBlock(last)) } : null
}
