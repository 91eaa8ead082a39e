import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { lineAfter, type RecordEntry, type RecordLine, readRecord } from '@domicile/license/record'

/**
 * The record on disk, one line an event, on the disk before the event has any effect. Read once at start; a line that was
 * cut by a power failure is dropped, a broken chain is kept beside and begun anew with a line that says so.
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

  append(entry: RecordEntry): RecordLine {
    const line = lineAfter(this.lines.at(-1) ?? null, entry)
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true })
    this.lines.push(line)
    return line
  }

  /** What still holds stays the record; the whole broken text is kept for whoever looks into it. */
  #setAside(text: string): void {
    appendFileSync(`${this.#path}.broken`, text, { mode: 0o600, flush: true })
    const kept = this.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    writeFileSync(`${this.#path}.new`, kept, { mode: 0o600, flush: true })
    renameSync(`${this.#path}.new`, this.#path)
  }
}
