import type { Queryable } from '@domicile/license/instruments'
import { dayOf } from '@domicile/license/utc'
import { linesOf } from '../file-lines.ts'
import type { Chronicle } from '../licensing/chronicle.ts'
import { type Log, messageOf } from '../log.ts'
import { instantOf } from './hours.ts'
import type { LedgerFolder } from './ledger-folder.ts'
import type { OpenDay } from './open-day.ts'
import { type Contradiction, contradictions, prepareWitness, readWitness, writeWitness } from './witness.ts'

export interface TestimonyPorts {
  /** Our own database. */
  readonly database: Queryable
  readonly folder: LedgerFolder
  readonly days: OpenDay
  readonly record: Pick<Chronicle, 'chain' | 'contains'>
  found(contradiction: Contradiction): void
  readonly log: Log
}

/** Tells the database how far the ledger is; and, before it does so the first time, asks what it remembers. */
export class Testimony {
  readonly #ports: TestimonyPorts
  /** When the database was last seen, as far as is known without asking it. */
  #knownAt: Date | null
  #compared = false
  #failed = false

  /** To be made before the first sample of a start. */
  constructor(ports: TestimonyPorts, now: Date) {
    this.#ports = ports
    const newest = ports.days.newest(dayOf(now))
    const file = newest === null ? null : ports.days.open(newest, now)
    this.#knownAt = file && file.knownMinute >= 0 ? instantOf(file.day, file.knownMinute) : null
  }

  /** Never throws: a database that is away is told later. */
  async give(at: Date): Promise<void> {
    try {
      if (!this.#compared) await this.#compare()
      this.#compared = true
      await this.#write(at)
      this.#knownAt = at
      this.#failed = false
    } catch (error) {
      // It may come back as another.
      this.#compared = false
      if (!this.#failed) this.#ports.log('witness-not-told', { message: messageOf(error) })
      this.#failed = true
    }
  }

  async #compare(): Promise<void> {
    const { database, days, folder, record, found } = this.#ports
    await prepareWitness(database)
    const seen = await readWitness(database)
    const held = {
      genesis: record.chain?.genesis ?? '',
      contains: record.contains,
      hasSample: (day: string, line: number, digits: string) => hasLine(folder.samplesPath(day), line, digits),
      sealed: days.sealed,
      knownAt: this.#knownAt,
    }
    for (const contradiction of contradictions(seen, held)) found(contradiction)
  }

  async #write(at: Date): Promise<void> {
    const [chain, file] = [this.#ports.record.chain, this.#ports.days.file]
    if (!chain || !file) return
    const { genesis, length, head } = chain
    const { day, lines, head: digits } = file
    await writeWitness(this.#ports.database, { genesis, length, head, day, lines, digits, at: at.toISOString() })
  }
}

/** Null: there is no such file. */
function hasLine(path: string, number: number, digits: string): boolean | null {
  let line = 0
  for (const { text } of linesOf(path)) {
    line += 1
    if (line === number) return text.startsWith(digits)
  }
  return line === 0 ? null : number === 0
}
