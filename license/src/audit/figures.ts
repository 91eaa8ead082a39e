import { entryOf } from '../entry-of.ts'
import { METERS, type MeterDescription, type MeterName, type MetersData, readSeal, SEAL } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { iso, MINUTE_MS, startOfDay } from '../utc.ts'
import { type Block, type EvidenceSource, type Flow, type Piece, piecesIn } from './blocks.ts'
import { type PeriodCalendar, periodCalendar } from './calendar.ts'
import { eventsIn } from './events.ts'
import { type Covered, gapsIn, type Sampled, Unasked } from './gaps.ts'
import { type Licences, licenceAt, limitAt } from './limits.ts'
import { type Metered, modulesOf } from './modules.ts'
import { mayLeave } from './record-kinds.ts'
import { ByKey, CountTally, LevelTally, type LimitAt } from './tally.ts'
import type { AuditFigures, CountFigures, LevelFigures, Period, Reporter } from './types.ts'

export interface FiguresParts {
  readonly reporter: Reporter
  readonly period: Period
  /** IANA name, of the contract's terms. */
  readonly timezone: string
  readonly evidence: EvidenceSource
  /** As `licencesIn` gives them. */
  readonly licences: Licences
}

/**
 * The audit of a period (contract clause 8.4): the same evidence gives the same figures, whoever computes them. It refuses
 * nothing because of what it finds.
 * @throws RangeError when the period ends before it begins or is too long, or the time zone is none
 */
export function auditFigures({ reporter, period, timezone, evidence, licences }: FiguresParts): AuditFigures {
  const { lines } = evidence
  const calendar = periodCalendar(period, timezone)
  const licence = licenceAt(licences, calendar.until - 1)
  const descriptions = descriptionsAt(lines, calendar.until)
  const unasked = new Unasked(levelsDescribed(lines, calendar.until))
  const { metered, sampled } = summedUp(
    piecesIn(evidence, calendar),
    { limit: limitAt(licences), unasked },
    calendar.until,
  )
  const covered = coveredTime(lines, sampled, calendar)
  const { modules, others } = modulesOf({ lines, licence, descriptions, metered, until: calendar.until })
  const { users, sessions, ...meters } = others
  const described = new Set(descriptions.map(({ name }) => name))
  const asked = unasked.levels().filter(({ name }) => described.size === 0 || described.has(name))
  return {
    installation: reporter.installation.id,
    ...{ product: reporter.product, version: reporter.version, purpose: reporter.purpose },
    contract: licence?.contract ?? null,
    ...{ timezone, period },
    covered: covered && coverage(covered, sampled),
    users: levelOnly(users),
    sessions: levelOnly(sessions),
    ...{ meters, modules },
    installations: { licensed: licence?.limits.installations?.max ?? null, reporting: 1 },
    gaps: covered ? gapsIn(lines, sampled, covered, asked) : [],
    events: eventsIn(lines, calendar),
    descriptions,
  }
}

/** Goes through the evidence once, a day at a time: years of it are more than memory should hold. */
function summedUp(
  pieces: Iterable<Piece>,
  { limit, unasked }: { readonly limit: LimitAt; readonly unasked: Unasked },
  until: number,
) {
  const tallies = new Tallies(limit)
  const sampled: Sampled[] = []
  const users: Block[] = []
  for (const { blocks, flows } of pieces) {
    for (const block of blocks) {
      tallies.add(block)
      unasked.add(block)
      sampled.push({ start: block.start, minutes: block.minutes, samples: block.samples })
    }
    for (const flow of flows) {
      tallies.addFlow(flow)
      users.push(...usersAsLevel(flow, limit))
    }
  }
  for (const block of users.toSorted((a, b) => a.start - b.start)) tallies.add(block)
  return { metered: tallies.figures(until), sampled }
}

/** Sums up every meter; whoever used a module in an hour counts as a level of that hour. */
class Tallies {
  readonly #limit: LimitAt
  readonly #levels = new ByKey(() => new LevelTally())
  readonly #counts = new ByKey(() => new CountTally())
  /** As the last hour that was sampled says. */
  #inForce: Block['limits'] = null

  constructor(limit: LimitAt) {
    this.#limit = limit
  }

  add(block: Block): void {
    for (const [name, summary] of Object.entries(block.levels)) {
      this.#levels.at(name).add(name, summary, block, this.#limit)
    }
    for (const [name, count] of Object.entries(block.counts)) this.#counts.at(name).add(count, block)
    if (block.limits && block.samples > 0) this.#inForce = block.limits
  }

  addFlow(flow: Flow): void {
    for (const [name, count] of Object.entries(flow.counts))
      if (!countsUsers(name)) this.#counts.at(name).add(count, flow)
  }

  figures(until: number): Metered {
    const inForce = (name: MeterName) => entryOf(this.#inForce ?? {}, name) ?? this.#limit(name, until - 1)
    return new Map<MeterName, LevelFigures | CountFigures>([
      ...this.#counts.inOrder().map(([name, tally]) => [name, tally.figures()] as const),
      ...this.#levels.inOrder().map(([name, tally]) => [name, tally.figures(inForce(name))] as const),
    ])
  }
}

const countsUsers = (name: MeterName) => name.endsWith('.users')

/** A query that counts who used a module in an hour cannot be summed up over hours: the same person is in many. */
export function usersAsLevel({ start, day, counts }: Flow, limitOf: LimitAt): Block[] {
  return Object.entries(counts)
    .filter(([name]) => countsUsers(name))
    .map(([name, count]) => {
      const limit = limitOf(name, start)
      const over = limit !== null && count > limit ? 60 : 0
      const levels = { [name]: [count, count, count * 60, 60, over] as const }
      const limits = limit === null ? {} : { [name]: limit }
      return { start, minutes: 60, day, samples: 0, limits, levels, counts: {} }
    })
}

/** From when on something was to be sampled until the last line of the record, as far as it is in the period. */
function coveredTime(
  lines: readonly RecordLine[],
  blocks: readonly Sampled[],
  { from, until }: PeriodCalendar,
): Covered | null {
  const sealed = lines.find(({ kind, data }) => kind === SEAL && readSeal(data))
  const firstDay = sealed ? (readSeal(sealed.data) ?? []) : []
  const began = [
    ...blocks.slice(0, 1).map(({ start, minutes, samples }) => start + (minutes - samples) * MINUTE_MS),
    ...[firstDay].flat().map(({ day, samples }) => startOfDay(day) + (1440 - samples) * MINUTE_MS),
    ...lines.filter(({ kind }) => kind === METERS).map(({ at }) => startOfMinute(Date.parse(at))),
  ]
  const begin = Math.max(from, Math.min(...began))
  const end = Math.min(until, lastKnown(lines, blocks, begin))
  return end > begin ? { from: begin, until: end } : null
}

/** The minute that was begun counts: it is sampled whenever in it the agent comes to it. */
const startOfMinute = (instant: number) => instant - (instant % MINUTE_MS)

/** Whoever hands a report over writes a line first; who only looks does not, and samples are younger. */
function lastKnown(lines: readonly RecordLine[], blocks: readonly Sampled[], begin: number): number {
  const last = blocks.at(-1)
  const sampled = last ? Math.max(last.start, begin) + last.samples * MINUTE_MS : Number.NEGATIVE_INFINITY
  return Math.max(sampled, Date.parse(lines.at(-1)?.at ?? ''))
}

/** What was sampled was there to be sampled: it is never more than the minutes there were. */
function coverage({ from, until }: Covered, blocks: readonly Sampled[]) {
  const sampledMinutes = blocks.reduce((sum, { samples }) => sum + samples, 0)
  return {
    ...{ from: iso(from), until: iso(until) },
    minutes: Math.max(sampledMinutes, Math.floor((until - from) / MINUTE_MS)),
    sampledMinutes,
  }
}

/** What was counted, as last said before an instant. */
const descriptionsAt = (lines: readonly RecordLine[], until: number): readonly MeterDescription[] =>
  descriptionsIn(lines, until).at(-1)?.meters ?? []

const descriptionsIn = (lines: readonly RecordLine[], until: number) =>
  lines
    .filter((line) => line.kind === METERS && Date.parse(line.at) < until && mayLeave(line))
    .map(({ at, data }) => ({ at: Date.parse(at), meters: (data as unknown as MetersData).meters }))

/** Levels with a query that were counted at the end, and since when without a break. */
function levelsDescribed(lines: readonly RecordLine[], until: number): ReadonlyMap<MeterName, number> {
  let since: ReadonlyMap<MeterName, number> = new Map()
  for (const { at, meters } of descriptionsIn(lines, until)) {
    const levels = meters.filter(({ kind, sql }) => kind === 'level' && sql !== null)
    since = new Map(levels.map(({ name }) => [name, since.get(name) ?? at]))
  }
  return since
}

const levelOnly = (figures: LevelFigures | CountFigures | undefined) => (figures?.kind === 'level' ? figures : null)
