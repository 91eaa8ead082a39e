import { BackupRefusal } from '../refusal.ts'
import type { Base, Info } from './info.ts'
import type { Archived, Listing } from './listing.ts'
import { type Segment, segmentName } from './wal.ts'

/** Instants one can go back to: all from the first to the last. */
export interface Span {
  readonly from: Date
  readonly to: Date
}

/** Instants that one base leads to, and no WAL is missing on the way. */
export interface Reach extends Span {
  readonly base: Base
}

/** WAL that is not in the repository although earlier and later WAL is: nobody gets across. */
export interface Gap {
  /** Segments, the first and the last that are missing. */
  readonly first: string
  readonly last: string
  /** When the one before was archived, and the one after. */
  readonly after: Date
  readonly before: Date
  /** A later base has begun anew: nothing is to be done about it any more. */
  readonly over: boolean
}

/** What each base reaches: up to the last segment that follows without one missing. Oldest base first. */
export function reaches({ bases }: Info, { segments }: Listing): Reach[] {
  return bases.flatMap((base): Reach[] => {
    const run = runFrom(base, segments)
    const last = run.at(-1)
    if (!last || last.position < base.last) return []
    // Its end is told in whole seconds; only in the next one has it ended for sure.
    const from = new Date(base.stop.getTime() + 1000)
    return [{ base, from, to: last.at > from ? last.at : from }]
  })
}

/** Instants one can go back to, as few spans as there are; usually one. Oldest first. */
export function windowOf(found: readonly Reach[]): Span[] {
  const spans: Span[] = []
  for (const { from, to } of found.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = spans.at(-1)
    // Whole seconds: nothing lies between one and the next.
    if (last && from.getTime() <= last.to.getTime() + 1000)
      spans[spans.length - 1] = { from: last.from, to: to > last.to ? to : last.to }
    else spans.push({ from, to })
  }
  return spans
}

/** Everything that is missing from the first base on. What was before it nobody needs, and it goes by itself. */
export function gapsIn({ bases }: Info, { segments }: Listing): Gap[] {
  const first = new Map<string, number>()
  for (const { archive, timeline, first: position } of bases) {
    const known = first.get(`${archive} ${timeline}`)
    first.set(`${archive} ${timeline}`, Math.min(known ?? position, position))
  }
  return segments.flatMap((segment, index): Gap[] => {
    const before = segments[index - 1]
    const from = first.get(`${segment.archive} ${segment.timeline}`)
    if (!before || from === undefined || before.archive !== segment.archive || before.timeline !== segment.timeline)
      return []
    if (segment.position === before.position + 1 || segment.position <= from) return []
    const { timeline } = segment
    const name = (position: Segment['position']) => segmentName({ timeline, position })
    return [
      {
        first: name(Math.max(before.position + 1, from)),
        last: name(segment.position - 1),
        after: before.at,
        before: segment.at,
        over: bases.some(({ stop }) => stop >= segment.at),
      },
    ]
  })
}

/**
 * The base from which an instant is reached: the newest that was complete by then. It is always named to pgBackRest, which
 * without one older than the instant would go to the newest state and not say so.
 * @throws BackupRefusal OUTSIDE_THE_WINDOW (refused)
 */
export function chooseBase(found: readonly Reach[], instant: Date, show: (at: Date) => string): Base {
  const fit = found.filter(({ from, to }) => from <= instant && instant <= to)
  const chosen = fit.toSorted((a, b) => b.from.getTime() - a.from.getTime())[0]
  if (chosen) return chosen.base
  const spans = windowOf(found)
  throw new BackupRefusal(
    spans.length === 0
      ? 'There is nothing yet to go back with: no complete base of the database.'
      : `${show(instant)} cannot be reached. One can go back to any second ${spans.map(({ from, to }) => `from ${show(from)} to ${show(to)}`).join(', and ')}.`,
    {
      code: 'OUTSIDE_THE_WINDOW',
      hint:
        spans.length === 0
          ? 'Make one: domicile backup point-in-time on. Snapshots are listed by: domicile backup list'
          : 'Choose an instant in there, or a snapshot: domicile backup list',
    },
  )
}

/** The base from which the newest state is reached. @throws BackupRefusal OUTSIDE_THE_WINDOW (refused) */
export function newestReach(found: readonly Reach[]): Reach {
  const newest = found.toSorted((a, b) => b.to.getTime() - a.to.getTime() || b.from.getTime() - a.from.getTime())[0]
  if (newest) return newest
  chooseBase([], new Date(0), () => '')
  throw new Error('unreachable')
}

/** From the base's first segment on, as far as none is missing. */
function runFrom({ archive, timeline, first }: Base, segments: readonly Archived[]): Archived[] {
  const run: Archived[] = []
  for (const segment of segments) {
    if (segment.archive !== archive || segment.timeline !== timeline || segment.position < first) continue
    if (segment.position !== first + run.length) break
    run.push(segment)
  }
  return run
}
