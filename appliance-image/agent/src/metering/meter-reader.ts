import type { MeterName } from '@domicile/license/ledger'
import { MINUTE_MS } from '@domicile/license/utc'
import { EARNED_MS, earned, levelsToAsk, MOST_MS, type Priced, spent } from './budget.ts'
import { type FlowPorts, HourlyFlows } from './hourly-flows.ts'
import { type Answer, type Answers, askMeters, type Meterable, type Question } from './meter-database.ts'
import type { Counted, MeterQuery } from './meters.ts'

export interface MeterReaderPorts {
  readonly database: Meterable
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number
}

/** Whether the database answers is worth knowing in every minute. */
const ANYBODY_THERE: MeterQuery = { name: '', sql: 'SELECT 1' }

/** Of a day each: what is still due of a longer time is counted on the next. */
const MOST_ROUNDS = 40

/** Asks the meters of the stack within what they may cost, and knows which of them do not answer. */
export class MeterReader {
  readonly #ports: MeterReaderPorts
  readonly #levels: readonly MeterQuery[]
  readonly #flows: HourlyFlows
  readonly #asked = new Map<MeterName, { value: number | null; costMs: number; askedAt: number }>()
  readonly #problems = new Map<MeterName, string>()
  #unreachable: string | null = null
  #creditMs = EARNED_MS
  #reckonedAt: number

  /** @param firstHour of those that are not counted yet */
  constructor({ levelQueries, flowQueries }: Counted, firstHour: string, ports: MeterReaderPorts) {
    this.#ports = ports
    this.#levels = levelQueries
    this.#flows = new HourlyFlows(flowQueries, firstHour)
    this.#reckonedAt = ports.monotonic()
  }

  /** Why the database does not answer, as a code; null while it does. */
  get unreachable(): string | null {
    return this.#unreachable
  }

  /** Meters that do not answer, and why, as codes. */
  get problems(): ReadonlyMap<MeterName, string> {
    return this.#problems
  }

  /**
   * How many there are now; null: not known. What costs too much for every minute is asked less often, and holds until it
   * is asked again.
   */
  async levels(): Promise<ReadonlyMap<MeterName, number | null>> {
    const now = this.#ports.monotonic()
    this.#creditMs = earned(this.#creditMs, (now - this.#reckonedAt) / MINUTE_MS)
    this.#reckonedAt = now
    const turn = new Set(levelsToAsk(this.#priced(), this.#creditMs, now))
    const questions = this.#levels.filter(({ name }) => turn.has(name))
    const asked = questions.length > 0 ? questions : [ANYBODY_THERE]
    const { answers } = await this.#ask(asked.map(({ name, sql }) => ({ name, sql, period: null })))
    for (const { name, value, costMs } of answers) {
      this.#asked.set(name, { value, costMs, askedAt: now })
      this.#creditMs = spent(this.#creditMs, costMs)
    }
    const known = ({ name }: MeterQuery) => (this.#unreachable ? null : (this.#asked.get(name)?.value ?? null))
    return new Map(this.#levels.map((query) => [query.name, known(query)]))
  }

  #priced = (): Priced[] =>
    this.#levels.map(({ name }) => ({ name, costMs: null, askedAt: null, ...this.#asked.get(name) }))

  /**
   * Counts the hours that are over, as far as the credit reaches.
   * @param write as in `FlowPorts`
   */
  async flows(now: Date, write: FlowPorts['write']): Promise<void> {
    if (this.#unreachable !== null) return
    this.#flows.heedClock(now)
    // To catch up is seldom: it may cost in a minute what is saved in an hour, and is owed by nobody.
    const behind = this.#flows.isBehind(now)
    const credit = behind ? MOST_MS : this.#creditMs
    const { costMs } = await this.#flows.count(now, credit, { ask: (all) => this.#ask(all), write })
    if (!behind) this.#creditMs = spent(this.#creditMs, costMs)
  }

  /** As `flows`, for a day that is to be sealed: those that were over at its end, whatever they cost. */
  async allFlows(until: Date, write: FlowPorts['write']): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { answers } = await this.#flows.count(until, null, { ask: (all) => this.#ask(all), write })
      if (answers.length === 0 || this.#unreachable !== null) return
    }
  }

  async #ask(questions: readonly Question[]): Promise<Answers> {
    if (questions.length === 0) return { answers: [], unreachable: null }
    const asked = await askMeters(this.#ports.database, questions, this.#ports.monotonic)
    this.#unreachable = asked.unreachable
    for (const answer of asked.answers) if (answer.name !== ANYBODY_THERE.name) this.#noteProblem(answer)
    return asked
  }

  #noteProblem({ name, problem }: Answer): void {
    if (problem === null) this.#problems.delete(name)
    else this.#problems.set(name, problem)
  }
}
