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
  let open: Slots | null = null
  let last: number | null = null
  for (const body of bodies) {
    if (!isMinute(body)) {
      if (isColumns(body)) columns = body
      else flows.push({ hour: body.hour, counts: body.counts })
      continue
    }
    if (!columns) throw new RangeError('A minute before the columns that say what it counts.')
    const [minute] = body
    const hour = Math.floor(minute / 60)
    if (open?.hour !== hour || open.columns !== columns) open = slotsIn(hours, hour, columns)
    if (minute !== last) addLevels(open, body)
    addCounts(open, body)
    last = minute
  }
  return { version: 1, day, hours: [...hours].map(closed), flows }
}

interface OpenHour {
  samples: number
  limits: Readonly<Record<MeterName, number>>
  readonly levels: Map<MeterName, Totals>
  readonly counts: Map<MeterName, Count>
}
type Totals = [least: number, greatest: number, sum: number, known: number, over: number]
interface Count {
  total: number
}

/** Where the values of a minute go, column by column: looked up once an hour, and not for millions of values. */
interface Slots {
  readonly hour: number
  readonly columns: ColumnsBody
  readonly into: OpenHour
  readonly levels: readonly Totals[]
  readonly limits: readonly number[]
  readonly counts: readonly Count[]
}

function slotsIn(hours: Map<number, OpenHour>, hour: number, columns: ColumnsBody): Slots {
  const into = made(hours, hour, (): OpenHour => ({ samples: 0, limits: {}, levels: new Map(), counts: new Map() }))
  return {
    ...{ hour, columns, into },
    levels: columns.levels.map((name) => made(into.levels, name, nothingKnown)),
    limits: columns.levels.map(
      (name) => (Object.hasOwn(columns.limits, name) ? columns.limits[name] : null) ?? Infinity,
    ),
    counts: columns.counts.map((name) => made(into.counts, name, () => ({ total: 0 }))),
  }
}

function addLevels({ into, columns, levels, limits }: Slots, body: MinuteBody): void {
  into.samples++
  into.limits = columns.limits
  for (let index = 0; index < levels.length; index++) {
    const value = body[index + 1] ?? null
    const totals = levels[index]
    if (value === null || !totals) continue
    add(totals, value, value, value, 1, value > (limits[index] ?? Infinity) ? 1 : 0)
  }
}

function addCounts({ levels, counts }: Slots, body: MinuteBody): void {
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index]
    if (count) count.total += body[levels.length + index + 1] ?? 0
  }
}

const nothingKnown = (): Totals => [Infinity, -Infinity, 0, 0, 0]

function add(totals: Totals, ...[least, greatest, sum, known, over]: LevelSummary): void {
  totals[0] = Math.min(totals[0], least)
  totals[1] = Math.max(totals[1], greatest)
  totals[2] += sum
  totals[3] += known
  totals[4] += over
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh = make()
  map.set(key, fresh)
  return fresh
}

const closed = ([hour, { samples, limits, levels, counts }]: [number, OpenHour]): HourEntry => ({
  hour,
  samples,
  limits,
  levels: Object.fromEntries([...levels].filter(([, [, , , known]]) => known > 0)),
  counts: Object.fromEntries([...counts].map(([name, { total }]) => [name, total])),
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
    for (const [name, summary] of Object.entries(hour.levels)) add(made(levels, name, nothingKnown), ...summary)
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
