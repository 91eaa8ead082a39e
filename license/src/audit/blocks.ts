import { type DaySeal, type FlowBody, type LevelSummary, type MeterName, readSeal, SEAL } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import type { PeriodCalendar } from './calendar.ts'
import type { Evidence } from './types.ts'

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

const HOUR_MS = 3_600_000

/**
 * The blocks of a period, in order. A UTC day of which the hours are gone is one block of the contract's day with the same
 * name: nearer its seal does not say.
 */
export function blocksOf({ lines, days }: Evidence, calendar: PeriodCalendar): Block[] {
  const hours = days.flatMap(({ day, hours }) =>
    hours.flatMap((entry): Block[] => {
      const start = Date.parse(`${day}T00:00Z`) + entry.hour * HOUR_MS
      const { samples, limits, levels, counts } = entry
      const contractDay = calendar.dayAt(start)
      return contractDay === null ? [] : [{ start, minutes: 60, day: contractDay, samples, limits, levels, counts }]
    }),
  )
  const kept = new Set(days.map(({ day }) => day))
  const seals = sealsIn(lines, (day) => !kept.has(day) && calendar.has(day))
  return [...hours, ...[...seals.values()].map(standIn)].toSorted((a, b) => a.start - b.start)
}

const standIn = ({ day, samples, levels, counts }: DaySeal): Block => ({
  start: Date.parse(`${day}T00:00Z`),
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

/** Each hour of a meter is asked for once; a second answer does not count. */
export function flowsOf({ days }: Evidence, calendar: PeriodCalendar): Flows {
  const seen = new Set<string>()
  const again: { arrived: string; hour: string; meter: MeterName }[] = []
  const flows: Flow[] = []
  for (const { day: arrived, flows: entries } of days) {
    for (const { hour, counts } of entries) {
      const [first, second] = split(Object.entries(counts), ([meter]) => !seen.has(`${hour} ${meter}`))
      for (const [meter] of first) seen.add(`${hour} ${meter}`)
      for (const [meter] of second) again.push({ arrived, hour, meter })
      const start = startOfHour(hour)
      const day = calendar.dayAt(start)
      if (day !== null && first.length > 0) flows.push({ start, day, counts: Object.fromEntries(first) })
    }
  }
  return { flows: flows.toSorted((a, b) => a.start - b.start), again }
}

const startOfHour = (hour: FlowBody['hour']) => Date.parse(`${hour}:00Z`)

const split = <T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] => [
  all.filter(fits),
  all.filter((one) => !fits(one)),
]
