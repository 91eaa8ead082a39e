import type { MeterReader } from './meter-reader.ts'
import type { SamplerRecord } from './sampler.ts'

const UNREACHABLE = 'meters-unreachable'
const REACHABLE = 'meters-reachable'
/** Meters that answer now and then are not written down each time; that the whole database went or came is. */
const REPEAT_MS = 10 * 60_000

/** Writes down since when meters do not answer, and when all of them do again. */
export class Reachability {
  readonly #record: Pick<SamplerRecord, 'note' | 'newest'>
  /** What was written down last: the code of the database's not answering, and the meters that fail. */
  #said: string
  #at = Number.NEGATIVE_INFINITY

  constructor(record: Pick<SamplerRecord, 'note' | 'newest'>) {
    this.#record = record
    this.#said = record.newest(UNREACHABLE, REACHABLE)?.kind === UNREACHABLE ? UNREACHABLE : ''
  }

  note({ unreachable, problems }: Pick<MeterReader, 'unreachable' | 'problems'>, now: Date): void {
    const meters = [...problems.keys()].sort()
    const [first] = meters
    const says = unreachable ?? meters.join(' ')
    if (says === this.#said) return
    const someOnly = unreachable === null && first !== undefined
    if (someOnly && now.getTime() - this.#at < REPEAT_MS) return
    this.#said = says
    this.#at = now.getTime()
    if (unreachable !== null) this.#record.note(UNREACHABLE, { code: unreachable })
    else if (first !== undefined) this.#record.note(UNREACHABLE, { code: problems.get(first), meters })
    else this.#record.note(REACHABLE, {})
  }
}
