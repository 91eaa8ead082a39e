import {
  type DayHours,
  type DaySeal,
  hoursDigest,
  hoursText,
  type LevelSummary,
  type MeterName,
  readSeal,
  SEAL,
} from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { HOUR_MS, startOfDay, startOfHour } from '../utc.ts'
import type { PeriodCalendar } from './calendar.ts'

/** The smallest piece of time that evidence speaks of: an hour, or a whole UTC day of which only the seal is left. */
export interface Block {
  /** Milliseconds since 1970. */
  readonly start: number
  readonly minutes: 60 | 1440
  /** The contract's day that it belongs to. */
  readonly day: string
  readonly samples: number
  /** Null: a seal does not say them. */
  readonly limits: Readonly<Record<MeterName, number>> | null
  readonly levels: Readonly<Record<MeterName, LevelSummary>>
  readonly counts: Readonly<Record<MeterName, number>>
}

/** What queries counted in one hour, whenever they were answered. */
export interface Flow {
  readonly start: number
  readonly day: string
  readonly counts: Readonly<Record<MeterName, number>>
}

/** Evidence of which a day may be read when it is its turn; it is gone through more than once. */
export interface EvidenceSource {
  readonly lines: readonly RecordLine[]
  /** In order. */
  readonly days: Iterable<DayHours>
}

/** Only the days that are as they were sealed, and those that are not yet: of the others their seals speak. */
export function undoubted({ lines, days }: EvidenceSource): EvidenceSource {
  const sealed = new Map([...sealsIn(lines)].map(([day, { hours }]) => [day, hours]))
  const holds = (day: DayHours) => !sealed.has(day.day) || sealed.get(day.day) === hoursDigest(hoursText(day))
  return {
    lines,
    days: {
      *[Symbol.iterator]() {
        for (const day of days) if (holds(day)) yield day
      },
    },
  }
}

/** What a UTC day has of a period. */
export interface Piece {
  readonly blocks: readonly Block[]
  readonly flows: readonly Flow[]
  readonly again: Flows['again']
}

/**
 * The evidence of a period, day by day in order. A UTC day of which the hours are gone is one block of the contract's day
 * with the same name: nearer its seal does not say. Each hour of a meter is asked for once; a second answer does not count.
 */
export function* piecesIn({ lines, days }: EvidenceSource, calendar: PeriodCalendar): Generator<Piece> {
  const seals = [...sealsIn(lines, calendar.has).values()].toSorted((a, b) => (a.day < b.day ? -1 : 1))
  const counted = new Counted()
  let next = 0
  for (const hours of days) {
    for (; (seals[next]?.day ?? hours.day) < hours.day; next++) yield sealed(seals[next] as DaySeal)
    if (seals[next]?.day === hours.day) next++
    yield { blocks: hoursIn(hours, calendar), ...counted.first(hours, calendar) }
  }
  for (; next < seals.length; next++) yield sealed(seals[next] as DaySeal)
}

/** All blocks of a period, in order. */
export const blocksOf = (evidence: EvidenceSource, calendar: PeriodCalendar): Block[] =>
  [...piecesIn(evidence, calendar)].flatMap(({ blocks }) => blocks)

/** All flows of a period, in order. */
export function flowsOf(evidence: EvidenceSource, calendar: PeriodCalendar): Flows {
  const pieces = [...piecesIn(evidence, calendar)]
  const flows = pieces.flatMap(({ flows }) => flows)
  return { flows: flows.toSorted((a, b) => a.start - b.start), again: pieces.flatMap(({ again }) => again) }
}

function hoursIn({ day, hours }: DayHours, calendar: PeriodCalendar): Block[] {
  const midnight = startOfDay(day)
  return hours.flatMap(({ hour, samples, limits, levels, counts }): Block[] => {
    const start = midnight + hour * HOUR_MS
    const contractDay = calendar.dayAt(start)
    return contractDay === null ? [] : [{ start, minutes: 60, day: contractDay, samples, limits, levels, counts }]
  })
}

const sealed = (seal: DaySeal): Piece => ({ blocks: [standIn(seal)], flows: [], again: [] })

const standIn = ({ day, samples, levels, counts }: DaySeal): Block => ({
  start: startOfDay(day),
  minutes: 1440,
  ...{ day, samples, limits: null, levels, counts },
})

/** By UTC day, of those that are wanted; of a day that was sealed again after the clock was set right, the last counts. */
export function sealsIn(
  lines: readonly RecordLine[],
  wanted: (day: string) => boolean = () => true,
): Map<string, DaySeal> {
  const candidates = lines.filter(({ kind, data }) => kind === SEAL && wanted(String(data['day'])))
  const seals = candidates.flatMap(({ data }) => readSeal(data) ?? [])
  return new Map(seals.map((seal) => [seal.day, seal]))
}

export interface Flows {
  readonly flows: readonly Flow[]
  /** Counted again for an hour for which they were counted before, and ignored: `2026-11-22T08 sale.transactions`. */
  readonly again: readonly { readonly arrived: string; readonly hour: string; readonly meter: MeterName }[]
}

/** Remembers of which hours which meters were counted. */
class Counted {
  /** Names with a space before and after each, by hour. */
  readonly #meters = new Map<string, string>()

  /** What of a day's flows is counted for the first time. */
  first({ day: arrived, flows }: DayHours, calendar: PeriodCalendar): Pick<Piece, 'flows' | 'again'> {
    const found: { flows: Flow[]; again: Flows['again'][number][] } = { flows: [], again: [] }
    for (const { hour, counts } of flows) {
      const known = this.#meters.get(hour) ?? ' '
      const [fresh, again] = split(Object.entries(counts), ([meter]) => !known.includes(` ${meter} `))
      this.#meters.set(
        hour,
        fresh.reduce((names, [meter]) => `${names}${meter} `, known),
      )
      for (const [meter] of again) found.again.push({ arrived, hour, meter })
      const start = startOfHour(hour)
      const day = calendar.dayAt(start)
      if (day !== null && fresh.length > 0) found.flows.push({ start, day, counts: Object.fromEntries(fresh) })
    }
    return found
  }
}

const split = <T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] => [
  all.filter(fits),
  all.filter((one) => !fits(one)),
]
