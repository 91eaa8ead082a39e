import { readFileSync } from 'node:fs'
import { readHours, readSamples } from '@domicile/license/ledger'
import { dayAfter, hourAfter, hourOf } from './hours.ts'
import type { LedgerFolder } from './ledger-folder.ts'
import type { Counted } from './meters.ts'

export interface Since {
  /** When the record begins, ISO 8601. */
  readonly begunAt: string
  readonly now: Date
  readonly counted: Pick<Counted, 'flowQueries'>
}

/**
 * The first hour that no query has counted yet: the one after the last that was written down; without any, the first of the
 * installation. Where days were sealed and nothing says any more what was counted in them, none of their hours is counted
 * a second time.
 */
export function firstHourToCount(
  folder: LedgerFolder,
  sealed: ReadonlySet<string>,
  { begunAt, now, counted }: Since,
): string {
  const today = now.toISOString().slice(0, 10)
  const begun = hourOf(new Date(begunAt))
  if (counted.flowQueries.length === 0) return begun
  const { samples, hours } = folder.days()
  const days = [...new Set([...samples, ...hours])].filter((day) => day <= today).sort()
  for (const day of days.reverse()) {
    const last = hoursCounted(folder, day, sealed.has(day)).sort().at(-1)
    if (last) return hourAfter(last)
  }
  const lastSealed = [...sealed]
    .filter((day) => day <= today)
    .sort()
    .at(-1)
  return lastSealed ? `${dayAfter(lastSealed)}T00` : begun
}

function hoursCounted(folder: LedgerFolder, day: string, sealed: boolean): string[] {
  if (sealed) return (readHours(folder.hoursText(day) ?? '').hours?.flows ?? []).map(({ hour }) => hour)
  return readSamples(samplesText(folder, day), day).bodies.flatMap((body) => ('hour' in body ? [body.hour] : []))
}

function samplesText(folder: LedgerFolder, day: string): string {
  try {
    return readFileSync(folder.samplesPath(day), 'utf8')
  } catch {
    return ''
  }
}
