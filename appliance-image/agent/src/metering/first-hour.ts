import { readHours } from '@domicile/license/ledger'
import { dayOf, hourOf, plusDays } from '@domicile/license/utc'
import { hourAfter } from './hours.ts'
import type { LedgerFolder } from './ledger-folder.ts'
import type { Counted } from './meters.ts'
import type { OpenDay } from './open-day.ts'

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
export function firstHourToCount(folder: LedgerFolder, days: OpenDay, { begunAt, now, counted }: Since): string {
  const today = dayOf(now)
  const begun = hourOf(new Date(begunAt))
  if (counted.flowQueries.length === 0) return begun
  const { samples, hours } = folder.days()
  const filed = [...new Set([...samples, ...hours])].filter((day) => day <= today).sort()
  for (const day of filed.reverse()) {
    const last = days.sealed.has(day) ? lastSealed(folder, day) : days.open(day, now).flowHour
    if (last) return hourAfter(last)
  }
  const sealed = [...days.sealed].filter((day) => day <= today).sort()
  const last = sealed.at(-1)
  return last ? `${plusDays(last, 1)}T00` : begun
}

/** The latest hour that arrived on a day that has its seal. */
const lastSealed = (folder: LedgerFolder, day: string): string | null =>
  (readHours(folder.hoursText(day) ?? '').hours?.flows ?? [])
    .map(({ hour }) => hour)
    .sort()
    .at(-1) ?? null
