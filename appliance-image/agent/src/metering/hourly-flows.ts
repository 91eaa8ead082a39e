import type { FlowBody, MeterName } from '@domicile/license/ledger'
import { HOUR_MS, hourOf, iso, startOfHour } from '@domicile/license/utc'
import { flowsToAsk } from './budget.ts'
import { hourAfter, hoursOver } from './hours.ts'
import type { Answer, Answers, Question } from './meter-database.ts'
import type { MeterQuery } from './meters.ts'

/** Caught up at a time, after a time in which nobody counted. */
const MOST_HOURS = 24
/** A query may fail because others were just working on the same table. */
const ATTEMPTS = 3
/** Before it was asked for the first time. */
const UNKNOWN_COST_MS = 1

/** An hour that is being counted. */
interface Counting {
  readonly hour: string
  readonly counts: Readonly<Record<MeterName, number>>
  /** Answered, or given up. */
  readonly settled: ReadonlySet<MeterName>
}

export interface FlowPorts {
  ask(questions: readonly Question[]): Promise<Answers>
  /** Writes hours down that were counted; when it throws they are counted again. */
  write(flows: readonly FlowBody[]): Promise<void>
}

/** Counts each whole UTC hour once after it has ended, one after the other: what came to be in it. */
export class HourlyFlows {
  readonly #queries: readonly MeterQuery[]
  readonly #costs = new Map<MeterName, number>()
  /** How often each failed since it last answered. */
  readonly #failures = new Map<MeterName, number>()
  #counting: Counting

  /** @param first the hour to begin with */
  constructor(queries: readonly MeterQuery[], first: string) {
    this.#queries = queries
    this.#counting = counting(first)
  }

  /**
   * Counts the hours that were over by then, oldest first.
   * @param creditMs what it may cost the database; null: whatever it costs
   * @returns what it has cost, and why the database does not answer, if it does not
   */
  async count(
    until: Date,
    creditMs: number | null,
    { ask, write }: FlowPorts,
  ): Promise<{ costMs: number; unreachable: string | null; answers: readonly Answer[] }> {
    const passedMs = await this.#passEmpty(until, ask)
    const due = this.#due(until)
    const most = creditMs === null ? due.length : flowsToAsk(due.map(this.#expectedCost), creditMs)
    const questions = due.slice(0, most)
    if (questions.length === 0) return { costMs: passedMs, unreachable: null, answers: [] }
    const { answers, unreachable } = await ask(questions)
    for (const { name, costMs } of answers) this.#costs.set(name, costMs)
    const { flows, counting } = this.#settle(questions, answers)
    if (flows.length > 0) await write(flows)
    this.#counting = counting
    return { costMs: passedMs + costOf(answers), unreachable, answers }
  }

  /** More than the last hour waits: after a time in which nobody counted. */
  isBehind = (now: Date): boolean => hoursOver(this.#counting.hour, now, 2).length > 1

  /**
   * After a long time in which nobody counted most hours are empty: they are passed over, until the rest of a day is left or
   * something came to be within one.
   * @returns what it has cost
   */
  async #passEmpty(until: Date, ask: FlowPorts['ask']): Promise<number> {
    let spentMs = 0
    while (this.#counting.settled.size === 0) {
      const { emptyUntil, costMs } = await this.#findEmpty(startOfHour(this.#counting.hour), until.getTime(), ask)
      spentMs += costMs
      if (emptyUntil === null) break
      this.#counting = counting(hourOf(emptyUntil))
    }
    return spentMs
  }

  /** A stretch from there on in which no query counts anything, one question each; halved as long as there is something in it. */
  async #findEmpty(from: number, until: number, ask: FlowPorts['ask']) {
    let costMs = 0
    const all = Math.floor((until - from) / HOUR_MS)
    for (let hours = all; all > MOST_HOURS; hours = Math.max(MOST_HOURS, Math.ceil(hours / 2))) {
      const emptyUntil = from + hours * HOUR_MS
      const period = [iso(from), iso(emptyUntil)] as const
      const { answers } = await ask(this.#queries.map(({ name, sql }) => ({ name, sql, period })))
      costMs += costOf(answers)
      if (answers.length < this.#queries.length || answers.some(({ value }) => value === null)) break
      if (answers.every(({ value }) => value === 0)) return { emptyUntil, costMs }
      if (hours === MOST_HOURS) break
    }
    return { emptyUntil: null, costMs }
  }

  /**
   * When licence time was set back by more than a day, hours that were counted ahead of their time are not those that come
   * now. When it was less, they are not counted a second time.
   */
  heedClock(now: Date): void {
    const ahead = startOfHour(this.#counting.hour) - now.getTime()
    if (ahead > 24 * HOUR_MS) this.#counting = counting(hourOf(now))
  }

  #due(until: Date): (Question & { hour: string })[] {
    const { hour: first, settled } = this.#counting
    return hoursOver(first, until, MOST_HOURS).flatMap((hour) =>
      this.#queries
        .filter(({ name }) => hour !== first || !settled.has(name))
        .map(({ name, sql }) => ({ name, sql, hour, period: periodOf(hour) })),
    )
  }

  #expectedCost = ({ name }: Question) => this.#costs.get(name) ?? UNKNOWN_COST_MS

  /** Goes on until an hour is not complete: none is written down before the one that comes before it. */
  #settle(questions: readonly (Question & { hour: string })[], answers: readonly Answer[]) {
    const flows: FlowBody[] = []
    let now = this.#counting
    for (const [index, { name, value }] of answers.entries()) {
      if (questions[index]?.hour !== now.hour) break
      this.#failures.set(name, value === null ? (this.#failures.get(name) ?? 0) + 1 : 0)
      if (value === null && (this.#failures.get(name) ?? 0) < ATTEMPTS) continue
      const counts = value === null ? now.counts : { ...now.counts, [name]: value }
      now = { ...now, counts, settled: new Set([...now.settled, name]) }
      if (now.settled.size < this.#queries.length) continue
      flows.push({ hour: now.hour, counts: now.counts })
      now = counting(hourAfter(now.hour))
    }
    return { flows, counting: now }
  }
}

const costOf = (answers: readonly Answer[]) => answers.reduce((sum, { costMs }) => sum + costMs, 0)

const counting = (hour: string): Counting => ({ hour, counts: {}, settled: new Set() })

const periodOf = (hour: string): [string, string] => [iso(startOfHour(hour)), iso(startOfHour(hourAfter(hour)))]
