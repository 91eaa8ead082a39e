import { daysBetween } from '../utc.ts'
import { HOURS_KEPT_DAYS, SAMPLES_KEPT_DAYS } from './types.ts'

/** UTC days of which files are there. */
export interface KeptDays {
  readonly samples: readonly string[]
  readonly hours: readonly string[]
}

/**
 * What may be deleted today. Only what a seal has committed to: of a day that is not sealed, the files are all there is.
 * @param today UTC day of licence time, so that a clock which was set wrong deletes nothing
 */
export function droppable(kept: KeptDays, sealed: ReadonlySet<string>, today: string): KeptDays {
  const old = (days: readonly string[], most: number) =>
    days.filter((day) => sealed.has(day) && daysBetween(day, today) > most)
  return { samples: old(kept.samples, SAMPLES_KEPT_DAYS), hours: old(kept.hours, HOURS_KEPT_DAYS) }
}

/** What must be there still. A later day asks for less, never for more, so nothing that was rightly dropped is missed. */
export const samplesMustBeKept = (day: string, today: string): boolean => daysBetween(day, today) <= SAMPLES_KEPT_DAYS
export const hoursMustBeKept = (day: string, today: string): boolean => daysBetween(day, today) <= HOURS_KEPT_DAYS
