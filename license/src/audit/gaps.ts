import { entryOf } from '../entry-of.ts'
import type { MeterName } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { HOUR_MS, iso, MINUTE_MS } from '../utc.ts'
import type { Block } from './blocks.ts'
import { type Cause, type Causes, causesIn, type Explanation, explained } from './explanations.ts'
import type { Gap } from './types.ts'

/** From when until when samples are due, in milliseconds since 1970. */
export interface Covered {
  readonly from: number
  readonly until: number
}

/** A minute is missed now and then by a busy machine; so many within an hour are no gap. */
const MISSED_IN_AN_HOUR = 2
/** As for the record's own lines. */
const TOLERATED_MINUTES = 5
const MOST_GAPS = 2000

/** How much of a block was sampled. */
export type Sampled = Pick<Block, 'start' | 'minutes' | 'samples'>

/** Times without samples, and times in which some level could not be asked, in order. */
export function gapsIn(
  lines: readonly RecordLine[],
  sampled: readonly Sampled[],
  covered: Covered,
  unasked: readonly UnaskedLevel[],
): Gap[] {
  const causes = causesIn(lines)
  const silent = stretches(holesOf(sampled, covered)).map((hole) => unsampledGap(hole, causes))
  const unknown = unasked.flatMap(({ name, holes }) => stretches(holes).map((hole) => ({ ...hole, level: name })))
  const together = Map.groupBy(unknown, ({ from, until, minutes }) => `${from} ${until} ${minutes}`)
  const gaps = [...silent, ...[...together.values()].map((same) => unaskedGap(same, causes))]
  return gaps.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from)).slice(0, MOST_GAPS)
}

interface Hole {
  readonly from: number
  readonly until: number
  /** That are missing in it. */
  readonly minutes: number
}

export interface UnaskedLevel {
  readonly name: MeterName
  readonly holes: readonly Hole[]
}

/** Finds, block by block in order, the times in which levels were sampled and not known. */
export class Unasked {
  readonly #described: ReadonlyMap<MeterName, number>
  /** Each level that was ever known, has a limit or was described, and the last block that shows that it was to be asked. */
  readonly #levels = new Map<MeterName, { holes: Hole[]; shown: number }>()

  /** @param described levels with a query, and since when: one that never answered is in no block */
  constructor(described: ReadonlyMap<MeterName, number>) {
    this.#described = described
  }

  add({ start, minutes, samples, levels, limits }: Block): void {
    const described = [...this.#described].filter(([, since]) => since <= start).map(([name]) => name)
    for (const name of [...Object.keys(levels), ...Object.keys(limits ?? {}), ...described]) {
      const level = this.#levels.get(name)
      if (level) level.shown = start
      else this.#levels.set(name, { holes: [], shown: start })
    }
    for (const [name, { holes }] of this.#levels) {
      const missing = samples - (entryOf(levels, name)?.[3] ?? 0)
      if (missing > 0) holes.push({ from: start, until: start + minutes * MINUTE_MS, minutes: missing })
    }
  }

  levels(): UnaskedLevel[] {
    return [...this.#levels].map(([name, { holes, shown }]) => ({
      name,
      holes: holes.filter(({ from }) => from <= shown),
    }))
  }
}

/** Hour by hour: how many minutes between the two instants were not sampled. */
function holesOf(blocks: readonly Sampled[], { from, until }: Covered): Hole[] {
  const holes: Hole[] = []
  let at = from
  for (const { start, minutes, samples } of [...blocks, END]) {
    const [begin, end] = [Math.min(start, until), Math.min(start + minutes * MINUTE_MS, until)]
    if (begin > at) holes.push({ from: at, until: begin, minutes: wholeMinutes(begin - at) })
    const missing = wholeMinutes(end - Math.max(begin, from)) - samples
    if (missing > 0) holes.push({ from: Math.max(begin, from), until: end, minutes: missing })
    at = Math.max(at, end)
  }
  return holes
}

const END = { start: Number.POSITIVE_INFINITY, minutes: 60, samples: 0 } as const

/** One after the other they are one; what is too short to matter is none. */
function stretches(holes: readonly Hole[]): Hole[] {
  const found: { from: number; until: number; minutes: number }[] = []
  for (const { from, until, minutes } of holes) {
    if (minutes <= MISSED_IN_AN_HOUR * Math.max(1, (until - from) / HOUR_MS)) continue
    const last = found.at(-1)
    if (last && last.until === from) {
      last.until = until
      last.minutes += minutes
    } else found.push({ from, until, minutes })
  }
  return found.filter(({ minutes }) => minutes > TOLERATED_MINUTES)
}

const unsampledGap = (hole: Hole, causes: Causes): Gap =>
  gap(hole, 'nothing was counted', explained(hole, causes, ['gap', 'clock']))

function unaskedGap(same: readonly (Hole & { readonly level: MeterName })[], causes: Causes): Gap {
  const hole = same[0] as Hole
  const names = same.map(({ level }) => level)
  const shown = names.length > 5 ? [...names.slice(0, 4), `${names.length - 4} others`] : names
  const seats = names.every((name) => name === 'sessions' || name === 'services')
  const candidates: Cause[] = seats ? ['meters-unreachable', 'seats-unreachable'] : ['meters-unreachable']
  return gap(hole, `${shown.join(', ')} could not be asked`, explained(hole, causes, candidates, names))
}

/** What is explained whole begins and ends when the record says, not at the full hour. */
function gap({ from, until, minutes }: Hole, what: string, why: Explanation): Gap {
  const whole = why.minutes > 0 && why.minutes >= minutes - TOLERATED_MINUTES
  const partly = `${why.words}, which explains ${why.minutes} of ${minutes} minutes`
  const reason = whole ? why.words : why.minutes > 0 ? partly : 'the record does not say why'
  return {
    from: iso(whole ? why.from : from),
    until: iso(whole ? why.until : until),
    minutes,
    reason: `${what}: ${reason}`,
    explained: whole,
  }
}

const wholeMinutes = (milliseconds: number) => Math.max(0, Math.floor(milliseconds / MINUTE_MS))
