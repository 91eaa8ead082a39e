import { entryOf } from '../entry-of.ts'
import type { LevelSummary, MeterName } from '../ledger/index.ts'
import { iso, MINUTE_MS } from '../utc.ts'
import type { Block, Flow } from './blocks.ts'
import type { CountFigures, LevelFigures, OverUse } from './types.ts'

/** The limit of a meter that the licence of an instant names; null: none. */
export type LimitAt = (name: MeterName, instant: number) => number | null

interface Sums {
  peak: number
  sum: number
  known: number
  over: number
}

interface Stretch {
  readonly from: number
  until: number
  peak: number
  readonly limit: number
  minutes: number
}

/** Sums one level up, block by block in the order of time. */
export class LevelTally {
  readonly #all: Sums = nothing()
  readonly #days = new ByKey<Sums>(nothing)
  readonly #months = new ByKey<Sums>(nothing)
  readonly #stretches: Stretch[] = []
  #peakAt: number | null = null
  /** Of the block before, when it named one. */
  #limit: number | null = null

  add(name: MeterName, summary: LevelSummary, block: Block, limitAt: LimitAt): void {
    const [, greatest, , , over] = summary
    if (this.#peakAt === null || greatest > this.#all.peak) this.#peakAt = block.start
    addTo(this.#all, summary)
    addTo(this.#days.at(block.day), summary)
    addTo(this.#months.at(block.day.slice(0, 7)), summary)
    const said = block.limits ? (entryOf(block.limits, name) ?? null) : limitAt(name, block.start)
    if (over > 0) this.#over(block, summary, limitExceeded(greatest, said, this.#limit, limitAt(name, block.start)))
    this.#limit = said
  }

  /** @param limit in force at the end of the period */
  figures(limit: number | null): LevelFigures {
    const { peak, sum, known, over } = this.#all
    const at = this.#peakAt
    return {
      kind: 'level',
      limit,
      peak: at === null ? null : { value: peak, at: iso(at) },
      average: known > 0 ? twoDecimals(sum / known) : null,
      knownMinutes: known,
      overMinutes: over,
      overUse: this.#stretches.map(overUse),
      days: this.#days.inOrder().map(([day, sums]) => ({ day, ...shown(sums) })),
      months: this.#months.inOrder().map(([month, sums]) => ({ month, ...shown(sums) })),
    }
  }

  /** Another limit is another stretch: what was bought meanwhile changes what is owed. */
  #over({ start, minutes }: Block, [, greatest, , , over]: LevelSummary, limit: number): void {
    const last = this.#stretches.at(-1)
    if (last && last.until === start && last.limit === limit) {
      last.until = start + minutes * MINUTE_MS
      last.peak = Math.max(last.peak, greatest)
      last.minutes += over
    } else {
      this.#stretches.push({ from: start, until: start + minutes * MINUTE_MS, peak: greatest, limit, minutes: over })
    }
  }
}

/** Sums one count up. */
export class CountTally {
  readonly #all = { total: 0 }
  readonly #days = new ByKey(() => ({ total: 0 }))
  readonly #months = new ByKey(() => ({ total: 0 }))

  add(count: number, { day }: Pick<Block | Flow, 'day'>): void {
    for (const sum of [this.#all, this.#days.at(day), this.#months.at(day.slice(0, 7))]) sum.total += count
  }

  figures(): CountFigures {
    return {
      kind: 'count',
      total: this.#all.total,
      months: this.#months.inOrder().map(([month, { total }]) => ({ month, total })),
      days: this.#days.inOrder().map(([day, { total }]) => ({ day, total })),
    }
  }
}

/** One of each for every day, month or name; the same as the one before is found at once. */
export class ByKey<T> {
  readonly #all = new Map<string, T>()
  readonly #make: () => T
  #last: [key: string, value: T] | null = null

  constructor(make: () => T) {
    this.#make = make
  }

  at(key: string): T {
    if (this.#last?.[0] === key) return this.#last[1]
    const value = this.#all.get(key) ?? this.#make()
    this.#all.set(key, value)
    this.#last = [key, value]
    return value
  }

  inOrder(): [string, T][] {
    return [...this.#all].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/**
 * The limit that was exceeded in a block. Where it was raised within the hour, the hour names the new one, which was not:
 * then it was that of the hour before, or the licence's.
 */
function limitExceeded(greatest: number, ...candidates: (number | null)[]): number {
  const known = candidates.filter((limit) => limit !== null)
  return known.find((limit) => limit < greatest) ?? known[0] ?? 0
}

const nothing = (): Sums => ({ peak: Number.NEGATIVE_INFINITY, sum: 0, known: 0, over: 0 })

function addTo(sums: Sums, [, greatest, sum, known, over]: LevelSummary): void {
  sums.peak = Math.max(sums.peak, greatest)
  sums.sum += sum
  sums.known += known
  sums.over += over
}

const shown = ({ peak, sum, known, over }: Sums) => ({ peak, average: twoDecimals(sum / known), overMinutes: over })

const overUse = ({ from, until, ...rest }: Stretch): OverUse => ({ from: iso(from), until: iso(until), ...rest })

const twoDecimals = (value: number) => Math.round(value * 100) / 100
