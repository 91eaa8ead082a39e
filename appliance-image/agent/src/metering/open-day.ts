import type { ColumnsBody, FlowBody, SampleBody, UnsignedSeal } from '@domicile/license/ledger'
import { dropOld, sealDay } from './day-seal.ts'
import { instantOf } from './hours.ts'
import type { LedgerFolder } from './ledger-folder.ts'
import { SamplesFile } from './samples-file.ts'

/** What the ledger writes into the record, and asks of it. */
export interface LedgerRecord {
  note(kind: string, data: Readonly<Record<string, unknown>>): void
  /** @param problem in words, for people; the record gets the code and the day */
  tampered(code: string, day: string, problem: string): void
  /** @throws Error of the file system */
  seal(day: UnsignedSeal): void
  /** UTC days. */
  sealedDays(): ReadonlySet<string>
}

/** How many of what there are in a minute, in the order of `columns`. */
export interface Minute {
  readonly columns: Omit<ColumnsBody, 'day'>
  readonly levels: readonly (number | null)[]
  readonly counts: readonly (number | null)[]
}

/**
 * The days of the ledger that have no seal yet: the one that is sampled now, and those before it until they are sealed. A
 * day is sealed once, after it is over, and minutes only go forward: when the vendor sets licence time back, nothing is
 * sampled until the first minute that was not sampled before, in a day without a seal.
 */
export class OpenDay {
  readonly #folder: LedgerFolder
  readonly #record: LedgerRecord
  #file: SamplesFile | null = null
  #sealed: ReadonlySet<string>
  /** Without a seal, in order. */
  #unsealed: string[]
  #dropped: string | null = null

  constructor(folder: LedgerFolder, record: LedgerRecord) {
    this.#folder = folder
    this.#record = record
    this.#sealed = record.sealedDays()
    this.#unsealed = folder.days().samples.filter((day) => !this.#sealed.has(day))
  }

  /** The day that is sampled, or was opened last; null before the first. */
  get file(): Pick<SamplesFile, 'day' | 'minute' | 'knownMinute' | 'lines' | 'head'> | null {
    return this.#file
  }
  get sealed(): ReadonlySet<string> {
    return this.#sealed
  }

  /** Days that are over and wait for their seals, oldest first. */
  over = (today: string): readonly string[] => this.#unsealed.filter((day) => day < today)

  /** Without a seal and not ahead of its time; null: none. */
  newest = (today: string): string | null => this.#unsealed.findLast((day) => day <= today) ?? null

  /** @returns whether this minute is to be sampled: it comes after all that were, in a day without a seal */
  canSample(day: string, minute: number, now: Date): boolean {
    if (this.#sealed.has(day)) return false
    return this.open(day, now).minute < minute
  }

  /** @throws Error of the file system: the sample is lost */
  async sample(minute: number, { columns, levels, counts }: Minute): Promise<void> {
    const file = this.#mended()
    const body: ColumnsBody = { day: file.day, ...columns }
    const news = JSON.stringify(file.columns) === JSON.stringify(body) ? [] : [body]
    await file.append([...news, [minute, ...levels, ...counts]])
  }

  /** @throws Error of the file system; the hours are counted again then */
  async addFlows(flows: readonly FlowBody[]): Promise<void> {
    const file = this.#mended()
    const columns: SampleBody[] = file.columns ? [] : [{ day: file.day, levels: [], counts: [], limits: {} }]
    await file.append([...columns, ...flows])
  }

  /** Seals a day that is over. @throws Error of the file system; it stays without a seal then */
  async seal(day: string, now: Date): Promise<void> {
    const file = this.open(day, now)
    await sealDay(file, {
      folder: this.#folder,
      seal: (sealed) => this.#record.seal(sealed),
      tampered: (problem) => this.#tampered(day, problem),
    })
    this.#sealed = new Set([...this.#sealed, day])
    this.#unsealed = this.#unsealed.filter((one) => one !== day)
    this.#file = null
  }

  /** Once a day. @throws Error of the file system */
  dropOld(today: string): void {
    if (this.#dropped === today) return
    dropOld(this.#folder, this.#sealed, today)
    this.#dropped = today
  }

  /** Opens a day to be written on, and says what happened to its file since it was written last. */
  open(day: string, now: Date): SamplesFile {
    if (this.#file?.day === day) return this.#file
    const file = new SamplesFile(this.#folder.samplesPath(day), day)
    const { problem, cut } = file.opened
    if (problem) this.#tampered(day, problem)
    const from = instantOf(day, file.minute + 1)
    // It costs nothing when the minute can be sampled still.
    const seconds = Math.floor((now.getTime() - from.getTime()) / 1000)
    if (cut && seconds >= 60) {
      this.#record.note('gap', { from: from.toISOString(), until: now.toISOString(), seconds })
    }
    if (!this.#unsealed.includes(day)) this.#unsealed = [...this.#unsealed, day].sort()
    this.#file = file
    return file
  }

  #mended(): SamplesFile {
    const file = this.#file
    if (!file) throw new RangeError('No day is open.')
    const problem = file.mend()
    if (problem) this.#tampered(file.day, problem)
    return file
  }

  #tampered(day: string, problem: string): void {
    this.#record.tampered('SAMPLES_CHANGED', day, problem)
  }
}
