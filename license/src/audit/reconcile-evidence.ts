import { entryOf } from '../entry-of.ts'
import type { DayHours, MeterName } from '../ledger/types.ts'
import type { RecordLine } from '../record/index.ts'
import { endOf, plusDays, type Terms } from '../terms/index.ts'
import { MINUTE_MS } from '../utc.ts'
import { type Block, blocksOf, type Flow, flowsOf } from './blocks.ts'
import { periodCalendar } from './calendar.ts'
import { usersAsLevel } from './figures.ts'
import { type Licences, limitAt } from './limits.ts'
import type { Source } from './reconcile-types.ts'
import { LevelTally } from './tally.ts'
import type { AuditReport, LevelFigures, Period } from './types.ts'

/** All that the reports of one installation say together, each hour once. */
export interface Measured {
  readonly installation: string
  readonly lines: readonly RecordLine[]
  /** Without a gap between them, in order. */
  readonly periods: readonly Period[]
  readonly blocks: readonly Block[]
  readonly flows: readonly Flow[]
  /** The instant up to which the reports speak. */
  readonly until: number
  /** Names of what is counted, also where nothing came of it. */
  readonly described: ReadonlySet<MeterName>
  /** That were in force, oldest first. */
  readonly licences: Licences
}

/** Which reports count for a licence: those of production under its contract. */
export function sourceOf(
  { reporter, period, madeAt, chain, figures, findings }: AuditReport,
  contract: string,
): Source {
  const why =
    reporter.purpose !== 'production'
      ? `an installation for ${reporter.purpose} is not counted`
      : figures.contract !== null && figures.contract !== contract
        ? `it is of contract ${figures.contract}`
        : ''
  return {
    ...{ installation: reporter.installation.id, purpose: reporter.purpose, version: reporter.version, period, madeAt },
    ...{ head: chain.head, lines: chain.length, counted: why === '', why, gaps: figures.gaps, findings },
  }
}

/** Reports of one installation, in any order, as if they were one. */
export function measuredBy(reports: readonly AuditReport[], { timezone }: Terms): Measured {
  const longest = reports.toSorted((a, b) => b.chain.length - a.chain.length)[0] as AuditReport
  const { lines } = longest.evidence
  const { licences } = longest
  const days = [...fullestDays(reports)].toSorted((a, b) => (a.day < b.day ? -1 : 1))
  const periods = joined(reports.map(({ period }) => period))
  const calendars = periods.map((period) => periodCalendar(period, timezone))
  const flows = calendars.flatMap((calendar) => flowsOf({ lines, days }, calendar).flows)
  const blocks = calendars.flatMap((calendar) => blocksOf({ lines, days }, calendar))
  const made = Math.max(...reports.map(({ madeAt }) => Date.parse(madeAt)))
  return {
    ...{ installation: longest.reporter.installation.id, lines, periods, licences, flows },
    blocks: [...blocks, ...flows.flatMap((flow) => usersAsLevel(flow, limitAt(licences)))].toSorted(
      (a, b) => a.start - b.start,
    ),
    described: new Set(longest.figures.descriptions.map(({ name }) => name)),
    until: Math.min(made, endOf((periods.at(-1) as Period).to, timezone)),
  }
}

/** A day that was reported while it was not over is there again, whole, in the next report. */
function fullestDays(reports: readonly AuditReport[]): Iterable<DayHours> {
  const days = new Map<string, DayHours>()
  for (const day of reports.flatMap(({ evidence }) => evidence.days)) {
    const known = days.get(day.day)
    if (!known || weightOf(day) > weightOf(known)) days.set(day.day, day)
  }
  return days.values()
}

const weightOf = ({ hours, flows }: DayHours) =>
  hours.reduce((sum, { samples }) => sum + samples, 0) * 10_000 + flows.length

/** Periods that overlap or follow each other are one. */
export function joined(periods: readonly Period[]): Period[] {
  const all: Period[] = []
  for (const period of periods.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = all.at(-1)
    if (!last || period.from > plusDays(last.to, 1)) all.push(period)
    else all[all.length - 1] = { from: last.from, to: period.to > last.to ? period.to : last.to }
  }
  return all
}

/** Figures of one level over some blocks, as the audit itself makes them. */
export function levelFigures(name: MeterName, blocks: readonly Block[], { licences }: Measured): LevelFigures {
  const tally = new LevelTally()
  for (const block of blocks) {
    const summary = entryOf(block.levels, name)
    if (summary) tally.add(name, summary, block, limitAt(licences))
  }
  return tally.figures(null)
}

export const endOfBlock = ({ start, minutes }: Block) => start + minutes * MINUTE_MS
