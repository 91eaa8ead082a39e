import { droppable, hoursText, summarize, type UnsignedSeal, unsignedSeal } from '@domicile/license/ledger'
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

/** Deletes what is older than it has to be kept and committed to by a seal. @throws Error of the file system */
export function dropOld(folder: LedgerFolder, sealed: ReadonlySet<string>, today: string): void {
  folder.drop(droppable(folder.days(), sealed, today))
}
