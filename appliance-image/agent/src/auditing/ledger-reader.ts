import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type DayHours, readHours, readSamples, summarize } from '@domicile/license/ledger'

/** A day by the minute, or by the hour. */
export type DayFile = 'samples' | 'hours'

const EXTENSION = { samples: 'jsonl', hours: 'json' } as const
/** A day is far below; of a longer file the beginning is read, and does not fit any seal. */
const MOST_BYTES = 32 * 1024 * 1024
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The files of a ledger, to read; whatever somebody put there. Everything that is not there is null. */
export class LedgerReader {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** UTC days of which there is any file, in order. */
  filedDays(): string[] {
    return [...new Set([...this.#days('samples'), ...this.#days('hours')])].sort()
  }

  #days(file: DayFile): string[] {
    const extension = `.${EXTENSION[file]}`
    return names(join(this.#folder, file))
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length))
      .filter((day) => DAY.test(day))
  }

  /** Days by the hour from this one on, in order; those that cannot be read are left out. */
  *since(first: string): Generator<DayHours> {
    for (const day of this.filedDays()) {
      const hours = day < first ? null : this.hours(day)
      if (hours) yield hours
    }
  }

  has(file: DayFile, day: string): boolean {
    return DAY.test(day) && existsSync(this.#path(file, day))
  }

  text(file: DayFile, day: string): string | null {
    return DAY.test(day) ? textAt(this.#path(file, day)) : null
  }

  #path = (file: DayFile, day: string) => join(this.#folder, file, `${day}.${EXTENSION[file]}`)

  /** A day by the hour, whether it is over or not; null also when it can not be read. */
  hours(day: string): DayHours | null {
    const text = this.text('hours', day)
    if (text !== null) return readHours(text).hours
    const samples = this.text('samples', day)
    return samples === null ? null : summarize(day, readSamples(samples, day).bodies)
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textAt(path: string): string | null {
  try {
    const { size } = statSync(path)
    const buffer = Buffer.alloc(Math.min(size, MOST_BYTES))
    const file = openSync(path, 'r')
    try {
      return buffer.toString('utf8', 0, readSync(file, buffer))
    } finally {
      closeSync(file)
    }
  } catch {
    return null
  }
}
