import type { RecordLine } from '../record/index.ts'
import { DAY_MS, MINUTE_MS, plusDays, startOfDay } from '../utc.ts'

/** A stretch of time, in milliseconds since 1970. */
interface Stretch {
  readonly from: number
  readonly until: number
}

/** Pauses of less than five minutes are in no line; so much of a day may be unaccounted for without a sample. */
const TOLERATED_MS = 15 * MINUTE_MS
/** A record that leaves out more is not looked at day by day. */
const MOST_DAYS = 4000

/**
 * When nobody looked, by what the record says: the agent did not run (`gap`), or licence time jumped ahead once a clock was
 * believed. In order, without overlaps.
 */
export function unwatchedIn(lines: readonly RecordLine[]): Stretch[] {
  const said = lines.flatMap(({ kind, data }): Stretch[] => {
    const stretch = kind === 'gap' ? pauseOf(data) : kind === 'clock' ? jumpOf(data) : null
    return stretch && stretch.until > stretch.from ? [stretch] : []
  })
  const merged: Stretch[] = []
  for (const { from, until } of said.sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last && from <= last.until) merged[merged.length - 1] = { from: last.from, until: Math.max(last.until, until) }
    else merged.push({ from, until })
  }
  return merged
}

const pauseOf = ({ from, until }: RecordLine['data']) => ({ from: instant(from), until: instant(until) })

function jumpOf({ kind, at, byMs }: RecordLine['data']): Stretch | null {
  if (kind !== 'believed' || typeof at !== 'number' || typeof byMs !== 'number') return null
  return { from: at - byMs, until: at }
}

const instant = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN)

/** Days between these two that nothing explains, in order. */
export function unexplainedBetween(before: string, after: string, unwatched: readonly Stretch[]): string[] {
  const days: string[] = []
  let looked = 0
  for (let day = plusDays(before, 1); day < after && looked < MOST_DAYS; day = plusDays(day, 1), looked++) {
    if (!isExplained(startOfDay(day), unwatched)) days.push(day)
  }
  return days
}

function isExplained(begin: number, unwatched: readonly Stretch[]): boolean {
  const end = begin + DAY_MS
  let [reached, watched] = [begin, 0]
  for (let index = firstAfter(begin, unwatched); index < unwatched.length; index++) {
    const { from, until } = unwatched[index] as Stretch
    if (from >= end) break
    watched += Math.max(0, from - reached)
    reached = until
  }
  return watched + Math.max(0, end - reached) <= TOLERATED_MS
}

/** By halves: a record may hold as many pauses as somebody likes to write. */
function firstAfter(instant: number, stretches: readonly Stretch[]): number {
  let [low, high] = [0, stretches.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((stretches[middle] as Stretch).until > instant) high = middle
    else low = middle + 1
  }
  return low
}
