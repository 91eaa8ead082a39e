import { appendFileSync, existsSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { lineAfter, type RecordEntry, type RecordLine, readRecord } from '@domicile/license/record'

export type Entry = Pick<RecordEntry, 'kind' | 'data'>

/**
 * The record on disk, one line an event, on the disk before the event has any effect. Read once at start: a line that was
 * cut by a power failure is dropped; of a broken chain what holds stays, and the whole is kept beside it.
 */
export class RecordFile {
  readonly #path: string
  readonly lines: RecordLine[]
  /** What was wrong with the file, in words; null when it held. */
  readonly problem: string | null

  constructor(path: string) {
    this.#path = path
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const { lines, problem, wholeBytes } = readRecord(text)
    this.lines = [...lines]
    this.problem = problem
    if (problem) this.#setAside(text)
    else if (wholeBytes < Buffer.byteLength(text)) truncateSync(path, wholeBytes)
  }

  /**
   * Appends all of the entries or, when that fails, none.
   * @returns the last line
   * @throws Error of the file system, for example when the disk is full
   */
  append(at: Date, wall: Date, entries: readonly Entry[]): RecordLine {
    const fresh: RecordLine[] = []
    for (const entry of entries) {
      const before = fresh.at(-1) ?? this.lines.at(-1) ?? null
      fresh.push(lineAfter(before, { at: at.toISOString(), wall: wall.toISOString(), ...entry }))
    }
    const last = fresh.at(-1)
    if (!last) throw new RangeError('Nothing to append.')
    const bytes = existsSync(this.#path) ? statSync(this.#path).size : 0
    try {
      appendFileSync(this.#path, fresh.map(textOf).join(''), { mode: 0o600, flush: true })
    } catch (error) {
      // What of it got onto a full disk would spoil the next line.
      if (existsSync(this.#path)) truncateSync(this.#path, bytes)
      throw error
    }
    this.lines.push(...fresh)
    return last
  }

  #setAside(text: string): void {
    appendFileSync(`${this.#path}.broken`, text, { mode: 0o600, flush: true })
    writeFileSync(`${this.#path}.new`, this.lines.map(textOf).join(''), { mode: 0o600, flush: true })
    renameSync(`${this.#path}.new`, this.#path)
  }
}

const textOf = (line: RecordLine) => `${JSON.stringify(line)}\n`
