import { type LicenceClaims, limitNamed } from '../document/index.ts'
import type { LimitAt } from './tally.ts'
import type { AuditReport } from './types.ts'

export type Licences = AuditReport['licences']

/** The licence that was in force at an instant. */
export const licenceAt = (licences: Licences, instant: number): LicenceClaims | null =>
  licences.findLast(({ from }) => Date.parse(from) <= instant)?.claims ?? null

/**
 * What the licence of an instant allows of a meter, where the evidence itself does not say it. Limits per month or year are
 * no level's: they are counted by the reconciliation.
 */
export const limitAt =
  (licences: Licences): LimitAt =>
  (name, instant) => {
    const claims = licenceAt(licences, instant)
    const limit = claims && limitNamed(claims, name)
    return limit && limit.per === null ? limit.max : null
  }
