import { appendFileSync, existsSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { lineAfter, type RecordEntry, type RecordLine, readRecord } from '@domicile/license/record'

export type Entry = Pick<RecordEntry, 'kind' | 'data'>

/**
 * The record on disk, one line an event, on the disk before the event has any effect. Read once at start: a line that was
 * cut by a power failure is dropped; of a broken chain what holds stays, and the whole is kept beside it.
 */
export class RecordFile {
  readonly #path: string
  /** Of the file, as it was left here. */
  #bytes: number
  readonly lines: RecordLine[]
  /** What was wrong with the file, in words; null when it held. */
  readonly problem: string | null

  constructor(path: string) {
    this.#path = path
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const { lines, problem, wholeBytes } = readRecord(text)
    this.lines = [...lines]
    this.problem = problem
    this.#bytes = wholeBytes
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
    for (const entry of [...this.#foreign(), ...entries]) {
      const before = fresh.at(-1) ?? this.lines.at(-1) ?? null
      fresh.push(lineAfter(before, { at: at.toISOString(), wall: wall.toISOString(), ...entry }))
    }
    const last = fresh.at(-1)
    if (!last) throw new RangeError('Nothing to append.')
    const text = fresh.map(textOf).join('')
    try {
      appendFileSync(this.#path, text, { mode: 0o600, flush: true })
    } catch (error) {
      // What of it got onto a full disk would spoil the next line.
      if (existsSync(this.#path)) truncateSync(this.#path, this.#bytes)
      throw error
    }
    this.#bytes += Buffer.byteLength(text)
    this.lines.push(...fresh)
    return last
  }

  /** Nobody else writes here: a file of another size was changed since, and is made again from what is known. */
  #foreign(): Entry[] {
    const bytes = existsSync(this.#path) ? statSync(this.#path).size : 0
    if (bytes === this.#bytes) return []
    this.#setAside(bytes > 0 ? readFileSync(this.#path, 'utf8') : '')
    return [{ kind: 'tampered', data: { with: 'record', problem: 'it was changed while the agent ran' } }]
  }

  #setAside(text: string): void {
    appendFileSync(`${this.#path}.broken`, text, { mode: 0o600, flush: true })
    const kept = this.lines.map(textOf).join('')
    writeFileSync(`${this.#path}.new`, kept, { mode: 0o600, flush: true })
    renameSync(`${this.#path}.new`, this.#path)
    this.#bytes = Buffer.byteLength(kept)
  }
}

const textOf = (line: RecordLine) => `${JSON.stringify(line)}\n`
