import { isColumns, isMinute } from './samples.ts'
import type {
  ColumnsBody,
  DayHours,
  FlowBody,
  HourEntry,
  LevelSummary,
  MeterName,
  MinuteBody,
  SampleBody,
} from './types.ts'

/**
 * Sums a day up by the hour. A minute that was sampled twice is one minute: its levels are those of the first time, its
 * counts are added up, for each says what came to be since the sample before. A level is over its limit when it is above
 * what the columns before the minute say.
 * @param bodies as `readSamples` gives them: columns first
 */
export function summarize(day: string, bodies: readonly SampleBody[]): DayHours {
  const hours = new Map<number, OpenHour>()
  const flows: FlowBody[] = []
  let columns: ColumnsBody | null = null
  let last: number | null = null
  for (const body of bodies) {
    if (!isMinute(body)) {
      if (isColumns(body)) columns = body
      else flows.push({ hour: body.hour, counts: body.counts })
      continue
    }
    if (!columns) throw new RangeError('A minute before the columns that say what it counts.')
    const [minute] = body
    const hour = openHour(hours, Math.floor(minute / 60))
    if (minute !== last) addLevels(hour, body, columns)
    addCounts(hour, body, columns)
    last = minute
  }
  return { version: 1, day, hours: [...hours].map(closed), flows }
}

interface OpenHour {
  samples: number
  limits: Readonly<Record<MeterName, number>>
  readonly levels: Map<MeterName, Totals>
  readonly counts: Map<MeterName, number>
}
type Totals = [least: number, greatest: number, sum: number, known: number, over: number]

function openHour(hours: Map<number, OpenHour>, hour: number): OpenHour {
  const known = hours.get(hour)
  if (known) return known
  const fresh = { samples: 0, limits: {}, levels: new Map(), counts: new Map() }
  hours.set(hour, fresh)
  return fresh
}

function addLevels(hour: OpenHour, [, ...values]: MinuteBody, { levels, limits }: ColumnsBody): void {
  hour.samples++
  hour.limits = limits
  for (const [index, name] of levels.entries()) {
    const value = values[index] ?? null
    if (value === null) continue
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
    const over = limit !== undefined && value > limit ? 1 : 0
    merge(hour.levels, name, [value, value, value, 1, over])
  }
}

function addCounts(hour: OpenHour, [, ...values]: MinuteBody, { levels, counts }: ColumnsBody): void {
  for (const [index, name] of counts.entries()) {
    const value = values[levels.length + index] ?? null
    if (value !== null) hour.counts.set(name, (hour.counts.get(name) ?? 0) + value)
  }
}

function merge(into: Map<MeterName, Totals>, name: MeterName, more: LevelSummary): void {
  const totals = into.get(name)
  if (!totals) {
    into.set(name, [...more])
    return
  }
  const [least, greatest, sum, known, over] = more
  totals[0] = Math.min(totals[0], least)
  totals[1] = Math.max(totals[1], greatest)
  totals[2] += sum
  totals[3] += known
  totals[4] += over
}

const closed = ([hour, { samples, limits, levels, counts }]: [number, OpenHour]): HourEntry => ({
  hour,
  samples,
  limits,
  levels: Object.fromEntries(levels),
  counts: Object.fromEntries(counts),
})

/** What a seal says of a day. `counts`: of its minutes and of the flows that arrived on it, whichever hour they are of. */
export interface DayTotals {
  readonly samples: number
  readonly levels: Readonly<Record<MeterName, LevelSummary>>
  readonly counts: Readonly<Record<MeterName, number>>
}

export function totals({ hours, flows }: DayHours): DayTotals {
  const levels = new Map<MeterName, Totals>()
  const counts = new Map<MeterName, number>()
  for (const hour of hours) {
    for (const [name, summary] of Object.entries(hour.levels)) merge(levels, name, summary)
  }
  for (const entry of [...hours, ...flows]) {
    for (const [name, count] of Object.entries(entry.counts)) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return {
    samples: hours.reduce((sum, { samples }) => sum + samples, 0),
    levels: Object.fromEntries(levels),
    counts: Object.fromEntries(counts),
  }
}
