import {
  droppable,
  HOURS_KEPT_DAYS,
  hoursText,
  SAMPLES_KEPT_DAYS,
  summarize,
  type UnsignedSeal,
  unsignedSeal,
} from '@domicile/license/ledger'
import type { LedgerFolder } from './ledger-folder.ts'
import type { SamplesFile } from './samples-file.ts'

export interface SealPorts {
  readonly folder: Pick<LedgerFolder, 'writeHours'>
  /** Signs it and writes it into the record. @throws Error of the file system */
  seal(day: UnsignedSeal): void
  /** What was found to be changed from outside, in words. */
  tampered(problem: string): void
}

/**
 * Sums a day up that is over and seals it. Whatever interrupts it, doing it again leads to the same: the day by the hour is
 * computed anew from its samples, and only the seal, the last step, makes the day one that is sealed.
 *
 * @throws Error of the file system; the day is not sealed then
 */
export async function sealDay(file: Pick<SamplesFile, 'day' | 'readWhole'>, ports: SealPorts): Promise<void> {
  const { read, problem } = file.readWhole()
  if (problem) ports.tampered(problem)
  const hours = summarize(file.day, read.bodies)
  await ports.folder.writeHours(file.day, hoursText(hours))
  ports.seal(unsignedSeal(read, hours))
}

/**
 * Deletes what is older than it has to be kept and committed to by a seal. As many days as are kept stay in any case, however
 * long ago they seem to be: the vendor may set right a clock that ran ahead.
 * @throws Error of the file system
 */
export function dropOld(folder: LedgerFolder, sealed: ReadonlySet<string>, today: string): void {
  const kept = folder.days()
  const old = droppable(kept, sealed, today)
  const butNewest = (days: readonly string[], all: readonly string[], most: number) => {
    const newest = new Set(all.slice(-most))
    return days.filter((day) => !newest.has(day))
  }
  folder.drop({
    samples: butNewest(old.samples, kept.samples, SAMPLES_KEPT_DAYS),
    hours: butNewest(old.hours, kept.hours, HOURS_KEPT_DAYS),
  })
}
