import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { KeptDays } from '@domicile/license/ledger'
import { writeFileAtomic } from '../atomic-file.ts'

const DAY = /^\d{4}-\d\d-\d\d$/

/** Where the ledger stands: samples of a day in `samples/<day>.jsonl`, the day by the hour in `hours/<day>.json`. */
export class LedgerFolder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    for (const folder of ['samples', 'hours']) mkdirSync(join(path, folder), { recursive: true, mode: 0o700 })
  }

  samplesPath = (day: string): string => join(this.#path, 'samples', `${day}.jsonl`)
  hoursPath = (day: string): string => join(this.#path, 'hours', `${day}.json`)

  /** UTC days of which there are files, in order. */
  days(): KeptDays {
    return { samples: this.#days('samples', '.jsonl'), hours: this.#days('hours', '.json') }
  }

  #days(folder: string, ending: string): string[] {
    const names = readdirSync(join(this.#path, folder)).filter((name) => name.endsWith(ending))
    return names
      .map((name) => name.slice(0, -ending.length))
      .filter((day) => DAY.test(day))
      .sort()
  }

  /** Null where there is none, or none that can be read. */
  hoursText(day: string): string | null {
    try {
      return readFileSync(this.hoursPath(day), 'utf8')
    } catch {
      return null
    }
  }

  /** @throws Error of the file system */
  writeHours(day: string, text: string): Promise<void> {
    return writeFileAtomic(this.hoursPath(day), text, 0o600)
  }

  /** @throws Error of the file system */
  drop({ samples, hours }: KeptDays): void {
    for (const path of [...samples.map(this.samplesPath), ...hours.map(this.hoursPath)])
      for (const aside of ['', '.broken']) rmSync(`${path}${aside}`, { force: true })
  }
}
