import { CALENDAR, PERIODS, type Period, type Zone } from '../calendar/index.ts'
import type { Candidate } from './types.ts'

/** Clocks that are set right by minutes are no clocks that were moved. */
const CLOCK_TOLERANCE_MS = 600_000

/** A snapshot with its instant and its calendar day, read once. */
export interface Dated {
  readonly snapshot: Candidate
  readonly at: number
  readonly day: number
  /** It is later than now. */
  readonly isOfFuture: boolean
  /** It may stand for a day, a week or a month. */
  readonly isRegular: boolean
}

/** Oldest first; of two at one moment always in the same order. */
export const dated = (snapshots: readonly Candidate[], now: Date, zone: Zone): Dated[] =>
  snapshots
    .map((snapshot) => {
      const at = Date.parse(snapshot.at)
      const isOfFuture = at > now.getTime() + CLOCK_TOLERANCE_MS
      const { kind, hold, refused } = snapshot
      const isRegular = !isOfFuture && refused === null && hold === null && (kind === 'scheduled' || kind === 'manual')
      return { snapshot, at, day: zone.dayAt(at), isOfFuture, isRegular }
    })
    .sort((a, b) => a.at - b.at || (a.snapshot.run < b.snapshot.run ? -1 : 1))

/** The newest of each period that has any, by the period's number. */
export type Places = Readonly<Record<Period, ReadonlyMap<number, Dated>>>

/** @param history oldest first, so that the last of a period is its newest */
export function placesOf(history: readonly Dated[]): Places {
  const places = { day: new Map(), week: new Map(), month: new Map() }
  for (const one of history) {
    if (one.isRegular) for (const period of PERIODS) places[period].set(CALENDAR[period].of(one.day), one)
  }
  return places
}

/**
 * Days from which ages are counted back, newest first. The first is the day of the newest snapshot, whatever the day is now:
 * where no snapshots are made none grows old. The others are the last days before pauses longer than daily copies live, as
 * long as there are not `days` newer daily copies: what was kept before a pause, or before a clock leapt ahead, stays until
 * as many new ones have come.
 */
export function countedFrom(history: readonly Dated[], days: number): number[] {
  const found: number[] = []
  let [count, before] = [0, Number.NaN]
  for (const { isRegular, day } of history.toReversed()) {
    if (!isRegular || day === before) continue
    if (count === 0 || (before - day > days && count < days)) found.push(day)
    count += 1
    before = day
  }
  return found
}

/** The day from which the age of what was made on `day` is counted back; null: there is nothing to count from. */
export const todayFor = (day: number, from: readonly number[]): number | null =>
  from.findLast((today) => today >= day) ?? from[0] ?? null
