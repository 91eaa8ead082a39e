import { hash } from 'node:crypto'
import { readJson } from '../record/index.ts'
import { hoursSchema, SUMMARY_NUMBERS, whyNot, writtenDaySchema } from './shapes.ts'
import type { DayHours, FlowBody, HourEntry } from './types.ts'

/**
 * A day by the hour as it is written: JSON in which hours that say the same things say their names once. A third of what
 * the names in every hour would take, and five years of a real ERP fit where they shall. One content has one text.
 */
export interface WrittenDay {
  readonly version: 1
  readonly day: string
  /** Hours one after the other with the same limits and columns. */
  readonly parts: readonly {
    readonly limits: HourEntry['limits']
    readonly levels: readonly string[]
    readonly counts: readonly string[]
    /** Hour, minutes sampled, five numbers a level (least, greatest, sum, known, over), the counts. */
    readonly hours: readonly (readonly number[])[]
  }[]
  readonly flows: readonly {
    readonly counts: readonly string[]
    /** The hour, and the counts. */
    readonly hours: readonly (readonly [string, ...number[]])[]
  }[]
}

type Part = WrittenDay['parts'][number]

/** The text of `hours/<day>.json`; a seal holds its SHA-256. */
export const hoursText = ({ day, hours, flows }: DayHours): string => {
  const written: WrittenDay = {
    version: 1,
    day,
    parts: runs(hours, headOf, ({ hour, samples, levels, counts }) => [
      ...[hour, samples],
      ...Object.values(levels).flat(),
      ...Object.values(counts),
    ]),
    flows: runs(flows, flowHeadOf, ({ hour, counts }) => [hour, ...Object.values(counts)] as const),
  }
  return JSON.stringify(written)
}

/** What a seal says of it. */
export const hoursDigest = (text: string): string => hash('sha256', text)

const headOf = ({ limits, levels, counts }: HourEntry) => ({
  limits,
  levels: Object.keys(levels),
  counts: Object.keys(counts),
})
const flowHeadOf = ({ counts }: FlowBody) => ({ counts: Object.keys(counts) })

/** Entries one after the other that share a head become one run of rows. */
function runs<Entry, Head extends object, Row>(
  entries: readonly Entry[],
  headOfEntry: (entry: Entry) => Head,
  rowOf: (entry: Entry) => Row,
): (Head & { hours: Row[] })[] {
  const made: (Head & { hours: Row[] })[] = []
  let open = ''
  for (const entry of entries) {
    const head = headOfEntry(entry)
    const text = JSON.stringify(head)
    if (made.length === 0 || text !== open) made.push({ ...head, hours: [] })
    made.at(-1)?.hours.push(rowOf(entry))
    open = text
  }
  return made
}

/** 24 hours of as many columns as there may be are far below. */
const LONGEST = 4 * 1024 * 1024

export type ReadHours =
  | { readonly hours: DayHours; readonly problem: null }
  | { readonly hours: null; readonly problem: string }

/** Reads a day by the hour; believes nothing of it. What `hoursText` would write otherwise is refused. */
export function readHours(text: string): ReadHours {
  if (text.length > LONGEST) return unread('it is too long')
  const written = writtenDaySchema.safeParse(readJson(text))
  if (written.error) return unread(whyNot(written.error))
  const { data, error } = hoursSchema.safeParse(expanded(written.data))
  if (error) return unread(whyNot(error))
  return hoursText(data) === text ? { hours: data, problem: null } : unread('it is written in another way')
}

const unread = (problem: string): ReadHours => ({ hours: null, problem })

const expanded = ({ version, day, parts, flows }: WrittenDay): unknown => ({
  version,
  day,
  hours: parts.flatMap((part) => part.hours.map((row) => hourIn(part, row))),
  flows: flows.flatMap(({ counts, hours }) =>
    hours.map(([hour, ...values]) => ({ hour, counts: Object.fromEntries(named(counts, values)) })),
  ),
})

function hourIn({ limits, levels, counts }: Part, [hour, samples, ...values]: readonly number[]): unknown {
  const summaries = levels.map((_, index) => values.slice(index * SUMMARY_NUMBERS, (index + 1) * SUMMARY_NUMBERS))
  return {
    ...{ hour, samples, limits },
    levels: Object.fromEntries(named(levels, summaries)),
    counts: Object.fromEntries(named(counts, values.slice(levels.length * SUMMARY_NUMBERS))),
  }
}

const named = <T>(names: readonly string[], values: readonly T[]): [string, T | undefined][] =>
  names.map((name, index) => [name, values[index]])
