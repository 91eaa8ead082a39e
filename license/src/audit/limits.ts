import type { LicenceClaims } from '../document/index.ts'
import type { MeterName } from '../ledger/index.ts'
import type { LimitAt } from './tally.ts'
import type { AuditReport } from './types.ts'

export type Licences = AuditReport['licences']

/** What the licence of an instant allows of a meter, where the evidence itself does not say it. */
export const limitAt =
  (licences: Licences): LimitAt =>
  (name, instant) => {
    const claims = licences.findLast(({ from }) => Date.parse(from) <= instant)?.claims
    return claims ? limitIn(claims, name) : null
  }

/** Limits of a meter per month or year are no level's: they are counted by the reconciliation. */
export function limitIn({ limits, modules }: LicenceClaims, name: MeterName): number | null {
  if (name === 'users') return limits.users?.max ?? null
  if (name === 'sessions') return limits.sessions?.max ?? null
  if (name === 'services') return limits.sessions?.services ?? null
  const [module = '', what] = name.split('.')
  if (what === 'users') return (Object.hasOwn(modules, module) ? modules[module]?.users?.max : null) ?? null
  const limit = Object.hasOwn(limits.meters ?? {}, name) ? limits.meters?.[name] : undefined
  return limit && limit.per === undefined ? limit.max : null
}
