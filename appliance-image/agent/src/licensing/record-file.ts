import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import type { Chain } from '@domicile/license/document'
import { chainAfter, followingLine, lineAfter, type RecordEntry, type RecordLine } from '@domicile/license/record'
import { chunksOf, linesOf } from '../file-lines.ts'

export type Entry = Pick<RecordEntry, 'kind' | 'data'>
/** What is written may depend on the line before: a signature does. */
export type EntryAfter = (before: Pick<RecordLine, 'n' | 'hash'>) => Entry

/** What is known of a record: it grows by a line a day for ever, so only where it stands and the lines that are asked again. */
interface Known {
  /** Null: no line yet. */
  readonly chain: Chain | null
  /** Of the kinds that are kept. */
  readonly lines: readonly RecordLine[]
  /** Up to the end of the last line that counts. */
  readonly bytes: number
}

const NOTHING: Known = { chain: null, lines: [], bytes: 0 }

/**
 * The record on disk, one line an event, on the disk before the event has any effect. Read once at start: a line that was
 * cut by a power failure is dropped; of a broken chain what holds stays, and the whole is kept beside it.
 */
export class RecordFile {
  readonly #path: string
  readonly #kept: ReadonlySet<string>
  #known: Known
  /** What was wrong with the file, in words; null when it held. */
  readonly problem: string | null

  /** @param kept kinds of lines that are asked again while the agent runs, the kind of the first line among them */
  constructor(path: string, kept: ReadonlySet<string>) {
    this.#path = path
    this.#kept = kept
    const { known, problem } = this.#read()
    this.#known = known
    this.problem = problem
    if (problem) this.#setAside()
    if (this.#size() > known.bytes) truncateSync(path, known.bytes)
  }

  /** Null before the first line. */
  get chain(): Chain | null {
    return this.#known.chain
  }

  /** Of the kinds that are kept, oldest first. */
  get lines(): readonly RecordLine[] {
    return this.#known.lines
  }

  /** Those of the asked lines that are not in the file with this number and hash. */
  lacking<T extends Pick<RecordLine, 'n' | 'hash'>>(asked: readonly T[]): T[] {
    const numbers = new Set(asked.map(({ n }) => n))
    const found = new Map<number, string | undefined>()
    let number = 0
    for (const { text } of numbers.size > 0 ? linesOf(this.#path) : []) {
      number += 1
      if (numbers.has(number)) found.set(number, parsed(text)?.hash)
    }
    return asked.filter(({ n, hash }) => found.get(n) !== hash)
  }

  /** Every line of one kind, read from the file and none kept. */
  *every(kind: string): Generator<RecordLine> {
    for (const { text } of linesOf(this.#path)) {
      // Most lines are of other kinds, and need not be understood.
      if (!text.includes(JSON.stringify(kind))) continue
      const line = parsed(text)
      if (line?.kind === kind) yield line
    }
  }

  /**
   * Appends all of the entries or, when that fails, none.
   * @returns the last line
   * @throws Error of the file system, for example when the disk is full
   */
  append(at: Date, wall: Date, entries: readonly (Entry | EntryAfter)[]): RecordLine {
    // Nobody else writes here: a file of another size was changed since.
    return this.#append(at, wall, entries, this.#size() !== this.#known.bytes)
  }

  /** Makes the file again from what is known, when it was found to be broken; as a start would, but nothing known is lost. */
  mend(at: Date, wall: Date): RecordLine {
    return this.#append(at, wall, [], true)
  }

  #append(at: Date, wall: Date, entries: readonly (Entry | EntryAfter)[], changed: boolean): RecordLine {
    const times = { at: at.toISOString(), wall: wall.toISOString() }
    const { base, lost } = changed ? this.#mended() : { base: this.#known, lost: [] }
    const seen = changed ? [CHANGED] : []
    const fresh: RecordLine[] = []
    for (const entry of [...lost, ...seen, ...entries]) {
      const before = fresh.at(-1) ?? lastOf(base)
      fresh.push(lineAfter(before, { ...times, ...(typeof entry === 'function' ? entry(before ?? NO_LINE) : entry) }))
    }
    const last = fresh.at(-1)
    if (!last) throw new RangeError('Nothing to append.')
    const text = fresh.map((line) => `${JSON.stringify(line)}\n`).join('')
    try {
      appendFileSync(this.#path, text, { mode: 0o600, flush: true })
    } catch (error) {
      // What of it got onto a full disk would spoil the next line.
      if (existsSync(this.#path)) truncateSync(this.#path, base.bytes)
      throw error
    }
    const known = fresh.reduce((before, line) => this.#and(before, line), base)
    this.#known = { ...known, bytes: base.bytes + Buffer.byteLength(text) }
    return last
  }

  /**
   * What is still as it was left stays; lines that are known and gone are to be written again, as they were. The whole is
   * kept beside it.
   */
  #mended(): { base: Known; lost: readonly RecordEntry[] } {
    this.#setAside()
    const { chain, lines } = this.#known
    const hashes = new Map(lines.map(({ n, hash }) => [n, hash]))
    const ours = ({ n, hash }: RecordLine) => n <= (chain?.length ?? 0) && (hashes.get(n) ?? hash) === hash
    const { known: base } = this.#read(ours)
    if (existsSync(this.#path)) truncateSync(this.#path, base.bytes)
    const gone = lines.filter(({ n }) => n > (base.chain?.length ?? 0))
    return { base, lost: gone.map(({ at, wall, kind, data }) => ({ at, wall, kind, data })) }
  }

  /** What holds of the file, for as long as the lines are such as are asked for. */
  #read(such: (line: RecordLine) => boolean = () => true): { known: Known; problem: string | null } {
    let known = NOTHING
    for (const { text, end } of linesOf(this.#path)) {
      const read = followingLine(text, lastOf(known))
      if ('problem' in read) return { known, problem: read.problem }
      if (!such(read.line)) break
      known = { ...this.#and(known, read.line), bytes: end }
    }
    return { known, problem: null }
  }

  #and(known: Known, line: RecordLine): Known {
    const lines = this.#kept.has(line.kind) ? [...known.lines, line] : known.lines
    return { ...known, chain: chainAfter(known.chain, line), lines }
  }

  #setAside(): void {
    for (const chunk of chunksOf(this.#path)) appendFileSync(`${this.#path}.broken`, chunk, { mode: 0o600 })
  }

  #size(): number {
    return existsSync(this.#path) ? statSync(this.#path).size : 0
  }
}

const NO_LINE = { n: 0, hash: '0'.repeat(64) }

const CHANGED: Entry = { kind: 'tampered', data: { with: 'record', code: 'RECORD_CHANGED' } }

const lastOf = ({ chain }: Known) => chain && { n: chain.length, hash: chain.head }

/** A line that was checked when it was read first; null when somebody changed it since. */
function parsed(text: string): RecordLine | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
