import { type ClockState, corroborate, unlock } from '@domicile/license/clock'
import type { Taken } from '@domicile/license/holdings'

/** A document that the vendor just signed tells the time; an unlock sets it. */
export const movedBy = (fresh: readonly Taken[], clock: ClockState): ClockState =>
  fresh.reduce(
    (moved, { setsClock, signedAt }) => (setsClock === null ? corroborate(moved, signedAt) : unlock(moved, setsClock)),
    clock,
  )

/** Why licence time and the server's clock differ, in words; null while they agree within half an hour. */
export function clockProblem(now: Date, wall: Date): string | null {
  const hours = Math.round((wall.getTime() - now.getTime()) / 3_600_000)
  if (hours === 0) return null
  const side = hours > 0 ? 'ahead of' : 'behind'
  return `the clock of this server is ${Math.abs(hours)} h ${side} licence time; it is believed after 72 h of running, or when a document says so that the vendor signed since`
}
