import { type ClockState, startClock, tick } from '@domicile/license/clock'
import type { Chain, LicenceTrust } from '@domicile/license/document'
import { type Taken, VENDOR_KEYS } from '@domicile/license/holdings'
import { METERS, MODULE_FIRST_USED, SEAL } from '@domicile/license/ledger'
import { type RecordLine, sortedJson } from '@domicile/license/record'
import { type Log, messageOf } from '../log.ts'
import type { Advice } from '../protocol.ts'
import { changedFromOutside } from './advice.ts'
import type { Installation } from './installation.ts'
import { JUDGED } from './judge.ts'
import { movedBy } from './licence-clock.ts'
import { type Entry, type EntryAfter, RecordFile } from './record-file.ts'

export interface ChroniclePorts {
  readonly wall: () => Date
  /** Seconds this process has run, whatever the wall clock does. */
  readonly ran: () => number
  readonly log: Log
}

/** What must outlast a restart and is in no line. */
export interface ChronicleState {
  readonly clock: ClockState | null
  /** Where the record ended. */
  readonly head: { readonly n: number; readonly hash: string } | null
  /** Wall time at which the agent was seen to run. */
  readonly aliveAt: string | null
}

const BEGUN = 'begun'
const TAMPERED = 'tampered'
/** Kinds of lines that are asked again while the agent runs; the others, and there are more every day, stay on the disk. */
const KEPT = new Set([BEGUN, TAMPERED, METERS, MODULE_FIRST_USED, ...JUDGED])

/** A pause of the agent longer than this is written down: nobody looked meanwhile. */
const GAP_SECONDS = 300

/** What has happened, and when it is: the record on the disk, and licence time, in which it is dated. */
export class Chronicle {
  readonly #ports: ChroniclePorts
  readonly #file: RecordFile
  #clock: ClockState
  #head: ChronicleState['head']
  #ranBefore: number
  #findings: readonly Advice[] = []
  readonly #aliveAt: string | null
  /** For how long nobody looked before this start. */
  readonly downSeconds: number

  /** @param before as it was left; what became of the record since is found out, and written down */
  constructor(path: string, ports: ChroniclePorts, before: ChronicleState) {
    const { wall, ran } = ports
    this.#ports = ports
    this.#file = new RecordFile(path, KEPT)
    this.#clock = before.clock ?? startClock(wall().getTime())
    this.#head = before.head
    this.#ranBefore = ran()
    this.#aliveAt = before.aliveAt
    const down = before.aliveAt ? (wall().getTime() - Date.parse(before.aliveAt)) / 1000 : 0
    this.downSeconds = Math.max(0, Math.round(down))
  }

  /** Where the record stands; null before its first line. */
  get chain(): Chain | null {
    return this.#file.chain
  }

  /** Lines of the kinds that are asked again, oldest first. */
  linesOf(...kinds: readonly string[]): readonly RecordLine[] {
    return this.#file.lines.filter(({ kind }) => kinds.includes(kind))
  }

  /** UTC days that have their seal; read from the record. */
  sealedDays(): ReadonlySet<string> {
    const days = new Set<string>()
    for (const { data } of this.#file.every(SEAL)) days.add(String(data['day']))
    return days
  }

  /** The last line of these kinds, read from the record; null: there is none. */
  newest(...kinds: readonly string[]): RecordLine | null {
    let newest: RecordLine | null = null
    for (const kind of kinds) {
      for (const line of this.#file.every(kind)) if (line.n > (newest?.n ?? 0)) newest = line
    }
    return newest
  }

  /** Those of the asked lines that are not in the record. */
  lacking<T extends Pick<RecordLine, 'n' | 'hash'>>(asked: readonly T[]): T[] {
    return this.#file.lacking(asked)
  }

  contains = (n: number, hash: string): boolean => this.lacking([{ n, hash }]).length === 0

  /** What was tampered with, for a person. */
  get findings(): readonly Advice[] {
    return this.#findings
  }

  get state(): ChronicleState {
    return { clock: this.#clock, head: this.#head, aliveAt: this.#ports.wall().toISOString() }
  }

  /** The first lines of a start: who this is, what became of the record, which keys count, and since when nobody looked. */
  begin({ id, publicKey }: Pick<Installation, 'id' | 'publicKey'>, vendorKeys: LicenceTrust['vendorKeys']): void {
    const [lost] = this.#head ? this.lacking([this.#head]) : []
    // With its key: what was signed since, a seal or a report, is known to be of whoever began.
    if (!this.chain) this.note(BEGUN, { installation: id, publicKey })
    // Keys change with releases; the record keeps which of them counted when.
    const known = this.linesOf(VENDOR_KEYS).at(-1)?.data['keys']
    if (JSON.stringify(known) !== JSON.stringify(vendorKeys)) this.note(VENDOR_KEYS, { keys: vendorKeys })
    if (this.#file.problem) this.changed('RECORD_BROKEN', this.#file.problem)
    if (lost) this.changed('RECORD_PUT_BACK', `it ended with line ${lost.n} and does not contain that line any more`)
    if (this.downSeconds > GAP_SECONDS) {
      const until = this.#ports.wall().toISOString()
      this.note('gap', { from: this.#aliveAt, until, seconds: this.downSeconds })
    }
  }

  /** Licence time, moved on to now. */
  now(): Date {
    const ran = this.#ports.ran()
    const ticked = tick(this.#clock, { wall: this.#ports.wall().getTime(), ranSeconds: ran - this.#ranBefore })
    this.#ranBefore = ran
    this.#clock = ticked.state
    const now = new Date(ticked.now)
    for (const event of ticked.events) this.note('clock', { ...event }, now)
    return now
  }

  /** Documents that the vendor signed tell the time. */
  heed(fresh: readonly Taken[]): void {
    this.#clock = movedBy(fresh, this.#clock)
  }

  /** Writes something down; on the disk when this returns. A full disk costs the line, and nobody's work. */
  note(kind: string, data: Readonly<Record<string, unknown>>, at = this.now()): void {
    this.#noteAll(at, [{ kind, data }])
  }

  #noteAll(at: Date, entries: readonly Entry[]): void {
    try {
      this.append(at, entries)
    } catch (error) {
      this.#ports.log('record-not-written', { kind: entries[0]?.kind, message: messageOf(error) })
    }
  }

  /** As `note`, for what counts only when it is written down: all of it or none. @throws Error of the file system */
  append(at: Date, entries: readonly (Entry | EntryAfter)[]): void {
    const { n, hash } = this.#file.append(at, this.#ports.wall(), entries)
    this.#head = { n, hash }
  }

  /**
   * Something was changed from outside, and was found just now: written down each time.
   * @param code what it is, for the record: no words, for what is in it may reach the vendor
   */
  changed(code: string, problem: string): void {
    this.note(TAMPERED, { with: 'record', code })
    this.#show(changedFromOutside(problem))
  }

  /** The record was found to be broken on the disk: it is made again from what is known. */
  mend(): void {
    try {
      const { n, hash } = this.#file.mend(this.now(), this.#ports.wall())
      this.#head = { n, hash }
    } catch (error) {
      this.#ports.log('record-not-written', { message: messageOf(error) })
    }
  }

  /** What is found again and again until the end of time: shown, and written down once. */
  stands(found: readonly Found[]): void {
    const known = new Set(this.linesOf(TAMPERED).map(({ data }) => sortedJson(data)))
    const fresh = new Map(found.map(({ data }) => [sortedJson(data), { kind: TAMPERED, data }]))
    const entries = [...fresh].flatMap(([text, entry]) => (known.has(text) ? [] : [entry]))
    if (entries.length > 0) this.#noteAll(this.now(), entries)
    for (const { advice } of found) if (advice) this.#show(advice)
  }

  #show(advice: Advice): void {
    if (this.#findings.some(({ message }) => message === advice.message)) return
    this.#ports.log('tampered', { code: advice.code, message: advice.message })
    this.#findings = [...this.#findings, advice]
  }
}

/** Signs of tampering that stay. */
export interface Found {
  /** For the record: codes and days, no words. */
  readonly data: {
    readonly with: 'record' | 'ledger'
    readonly code: string
    readonly day?: string
    /** `jti` of the vendor's counter-signature that shows it. */
    readonly anchor?: string
  }
  /** For a person; null: said in another place. */
  readonly advice: Advice | null
}
