import type { MeterName } from '@domicile/license/ledger'

/** What metering may cost the database in a minute, on average: whatever costs more is asked less often. */
export const MINUTE_MS = 5
/** Saved or owed at most: that of an hour. So after an hour at the latest everything is asked once more. */
const MOST_MS = 60 * MINUTE_MS
const HOUR_MS = 3_600_000

export interface Priced {
  readonly name: MeterName
  /** Of the last time; null: never asked. */
  readonly costMs: number | null
  /** Milliseconds that only go forward; null: never. */
  readonly askedAt: number | null
}

/** @param minutes since it was last reckoned */
export const earned = (creditMs: number, minutes: number): number =>
  Math.min(MOST_MS, creditMs + Math.max(0, minutes) * MINUTE_MS)

export const spent = (creditMs: number, costMs: number): number => Math.max(-MOST_MS, creditMs - costMs)

/** The levels that are asked now: those that were not asked longest come first, as far as the credit reaches. */
export function levelsToAsk(levels: readonly Priced[], creditMs: number, now: number): MeterName[] {
  let left = creditMs
  const asked: MeterName[] = []
  for (const { name, costMs, askedAt } of levels.toSorted((a, b) => (a.askedAt ?? 0) - (b.askedAt ?? 0))) {
    const overdue = askedAt === null || now - askedAt >= HOUR_MS
    if (!overdue && (costMs ?? 0) > left) continue
    left -= costMs ?? 0
    asked.push(name)
  }
  return asked
}

/** How many of the flows that are due are asked now, in their order: as far as the credit reaches, and always one. */
export function flowsToAsk(costsMs: readonly number[], creditMs: number): number {
  let left = creditMs
  const over = costsMs.findIndex((cost) => {
    left -= cost
    return left < 0
  })
  return over === -1 ? costsMs.length : Math.max(1, over)
}
