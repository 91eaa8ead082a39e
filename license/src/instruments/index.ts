export type { Database, Finding, Queryable } from './database.ts'
export { type GuardPlace, type GuardUsage, guardUsage, installGuard, removeGuard, setAllowed } from './guard.ts'
export { GUARD_FINDINGS, type GuardFinding, inspectGuard, repairGuard } from './guard-inspection.ts'
export * from './seats.ts'
