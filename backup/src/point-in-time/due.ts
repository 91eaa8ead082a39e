import type { Info } from './info.ts'

const HOUR_MS = 3_600_000
/** Less than a week: a night is not always as long as the one a week before. */
const FULL_AFTER_MS = (7 * 24 - 12) * HOUR_MS

/**
 * Which base the night makes: a full one a week, on the others what has changed since.
 * @param beginning of a cluster that is not the one before: nothing of an older base is in it
 */
export function dueBase({ bases }: Pick<Info, 'bases'>, now: Date, beginning = false): 'full' | 'incr' {
  const full = bases.filter(({ type, damaged }) => type === 'full' && !damaged).at(-1)
  const young = full !== undefined && now.getTime() - full.start.getTime() < FULL_AFTER_MS
  return young && !beginning ? 'incr' : 'full'
}
