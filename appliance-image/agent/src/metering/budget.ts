import type { MeterName } from '@domicile/license/ledger'
import { HOUR_MS } from '@domicile/license/utc'

/**
 * What metering may cost the database in a minute, on average: whatever costs more is asked less often, and once an hour
 * whatever it costs.
 */
export const EARNED_MS = 5
/** Saved or owed at most: that of an hour. */
export const MOST_MS = 60 * EARNED_MS
/** Nothing that is saved would ever pay for it. It is not owed either, or one slow meter would silence all others. */
const isBeyondMeans = (costMs: number) => costMs > MOST_MS

export interface Priced {
  readonly name: MeterName
  /** Of the last time; null: never asked. */
  readonly costMs: number | null
  /** Milliseconds that only go forward; null: never. */
  readonly askedAt: number | null
}

/** @param minutes since it was last reckoned */
export const earned = (creditMs: number, minutes: number): number =>
  Math.min(MOST_MS, creditMs + Math.max(0, minutes) * EARNED_MS)

export const spent = (creditMs: number, costMs: number): number =>
  isBeyondMeans(costMs) ? Math.min(0, creditMs) : Math.max(-MOST_MS, creditMs - costMs)

/**
 * The levels that are asked now: those that were not asked longest come first, as far as the credit reaches. Of those that
 * take very long one at a time, or the sample would be late.
 */
export function levelsToAsk(levels: readonly Priced[], creditMs: number, now: number): MeterName[] {
  let left = creditMs
  let slow = 0
  const asked: MeterName[] = []
  for (const { name, costMs, askedAt } of levels.toSorted((a, b) => (a.askedAt ?? 0) - (b.askedAt ?? 0))) {
    const overdue = askedAt === null || now - askedAt >= HOUR_MS
    const expected = costMs ?? 0
    const beyond = isBeyondMeans(expected)
    if ((!overdue && expected > left) || (beyond && slow++ > 0)) continue
    if (!beyond) left -= expected
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
