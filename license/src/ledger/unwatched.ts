import type { RecordLine } from '../record/index.ts'
import { dayAfter } from './retention.ts'

/** A stretch of time, in milliseconds since 1970. */
interface Stretch {
  readonly from: number
  readonly until: number
}

/** Pauses of less than five minutes are in no line; so much of a day may be unaccounted for without a sample. */
const TOLERATED_MS = 15 * 60_000
const DAY_MS = 86_400_000
/** A record that leaves out more is not looked at day by day. */
const MOST_DAYS = 4000

/**
 * When nobody looked, by what the record says: the agent did not run (`gap`), or licence time jumped ahead once a clock
 * was believed.
 */
export function unwatchedIn(lines: readonly RecordLine[]): Stretch[] {
  const stretches: Stretch[] = []
  for (const { kind, data } of lines) {
    const stretch = kind === 'gap' ? pauseOf(data) : kind === 'clock' ? jumpOf(data) : null
    if (stretch && stretch.until > stretch.from) stretches.push(stretch)
  }
  return stretches.sort((a, b) => a.from - b.from)
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
  for (let day = dayAfter(before); day < after && looked < MOST_DAYS; day = dayAfter(day), looked++) {
    if (!isExplained(day, unwatched)) days.push(day)
  }
  return days
}

function isExplained(day: string, unwatched: readonly Stretch[]): boolean {
  const begin = Date.parse(`${day}T00:00Z`)
  const end = begin + DAY_MS
  let [reached, watched] = [begin, 0]
  for (const { from, until } of unwatched) {
    if (until <= reached || from >= end) continue
    watched += Math.max(0, from - reached)
    reached = until
  }
  return watched + Math.max(0, end - reached) <= TOLERATED_MS
}
