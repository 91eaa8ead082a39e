import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type ColumnsBody,
  type MinuteBody,
  NO_LINE,
  type ReadSamples,
  readSamples,
  type SampleBody,
  sampleLine,
} from '@domicile/license/ledger'
import { syncFolder } from '../atomic-file.ts'

/** Where a file of samples stands. */
interface Place {
  readonly lines: number
  readonly head: string
  /** Up to the end of the last line that counts. */
  readonly bytes: number
  readonly columns: ColumnsBody | null
  /** The last that was sampled; -1 before the first. */
  readonly minute: number
  /** The last in which the database told how large it is; -1 when it never did. */
  readonly knownMinute: number
  /** The latest that was counted; null: none was. */
  readonly flowHour: string | null
}

const NOTHING: Place = {
  ...{ lines: 0, head: NO_LINE, bytes: 0, columns: null },
  ...{ minute: -1, knownMinute: -1, flowHour: null },
}

/** What was found when the file was opened. */
export interface Opened {
  /** What is wrong with the chain, in words; null when it holds. */
  readonly problem: string | null
  /** The end was cut while it was written. */
  readonly cut: boolean
}

/**
 * The samples of one UTC day on disk, a line at a time, on the disk when `append` returns. Only this process writes here:
 * what others changed is set aside in `.broken`, and what still holds goes on.
 */
export class SamplesFile {
  readonly day: string
  readonly path: string
  readonly opened: Opened
  #place: Place = NOTHING

  constructor(path: string, day: string) {
    this.path = path
    this.day = day
    const text = this.#text()
    const read = readSamples(text, day)
    const cut = read.wholeBytes < Buffer.byteLength(text)
    this.opened = { problem: read.problem, cut }
    if (read.problem) this.#setAside(text)
    this.#keep(text, read)
  }

  get lines(): number {
    return this.#place.lines
  }
  /** Digits of the last line. */
  get head(): string {
    return this.#place.head
  }
  /** What the numbers of the next minute are; null at the beginning of a day. */
  get columns(): ColumnsBody | null {
    return this.#place.columns
  }
  get minute(): number {
    return this.#place.minute
  }
  get knownMinute(): number {
    return this.#place.knownMinute
  }
  get flowHour(): string | null {
    return this.#place.flowHour
  }

  /**
   * Whether the file is as it was left. If not, what still holds of it goes on from here.
   * @returns what was wrong, in words; null when nothing was
   */
  mend(): string | null {
    if (this.#size() === this.#place.bytes) return null
    const before = this.#place
    const text = this.#text()
    this.#setAside(text)
    const whole = readSamples(text, this.day)
    // Lines that nobody wrote here may follow rightly: how they are made is no secret.
    const ours = whole.lines > before.lines ? text.slice(0, offsetAfter(text, before.lines)) : text
    this.#keep(ours, readSamples(ours, this.day))
    const lost = before.lines - this.#place.lines
    return lost > 0 ? `${lost} of its ${before.lines} lines are gone` : 'it was changed while the agent ran'
  }

  /**
   * Appends all of the bodies or none; on the disk when it returns. To be called after `mend`, one after the other. Nobody
   * who asks the gate waits for the disk meanwhile.
   * @throws Error of the file system, for example when the disk is full; RangeError when a body is none
   */
  async append(bodies: readonly SampleBody[]): Promise<void> {
    const before = this.#place
    let { head } = before
    let text = ''
    for (const body of bodies) {
      const line = sampleLine(head, body)
      head = line.hash
      text += line.text
    }
    try {
      await appendSynced(this.path, text)
      if (before.bytes === 0) await syncFolder(dirname(this.path))
    } catch (error) {
      // What of it got onto a full disk would spoil the next line.
      if (existsSync(this.path)) truncateSync(this.path, before.bytes)
      throw error
    }
    this.#place = { ...bodies.reduce(after, before), head, bytes: before.bytes + Buffer.byteLength(text) }
  }

  /** The whole day as it stands on the disk; where that is not what was written here, what holds of it, and what was wrong. */
  readWhole(): { read: ReadSamples; problem: string | null } {
    const text = this.#text()
    const read = readSamples(text, this.day)
    if (!read.problem && read.lines === this.lines && read.head === this.head) return { read, problem: null }
    this.#setAside(text)
    this.#keep(text, read)
    return { read, problem: read.problem ?? 'it is not what was written' }
  }

  /** Takes up what holds of the file's text, and cuts off the rest. */
  #keep(text: string, { lines, head, bodies }: ReadSamples): void {
    const bytes = Buffer.byteLength(text.slice(0, offsetAfter(text, lines)))
    this.#place = { ...bodies.reduce(after, NOTHING), lines, head, bytes }
    if (this.#size() > bytes) truncateSync(this.path, bytes)
  }

  #setAside(text: string): void {
    appendFileSync(`${this.path}.broken`, text, { mode: 0o600, flush: true })
  }

  #text = () => (existsSync(this.path) ? readFileSync(this.path, 'utf8') : '')
  #size = () => (existsSync(this.path) ? statSync(this.path).size : 0)
}

async function appendSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.appendFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
}

function after(place: Place, body: SampleBody): Place {
  const lines = place.lines + 1
  if (isMinute(body)) {
    const size = place.columns?.levels.indexOf('database_bytes') ?? -1
    const known = size >= 0 && body[size + 1] !== null
    return { ...place, lines, minute: body[0], knownMinute: known ? body[0] : place.knownMinute }
  }
  if ('levels' in body) return { ...place, lines, columns: body }
  return { ...place, lines, flowHour: body.hour > (place.flowHour ?? '') ? body.hour : place.flowHour }
}

const isMinute = (body: SampleBody): body is MinuteBody => Array.isArray(body)

/** Where the line after so many begins. */
function offsetAfter(text: string, lines: number): number {
  let offset = 0
  for (let line = 0; line < lines; line++) offset = text.indexOf('\n', offset) + 1
  return offset
}
