export { entitlementsOf } from './entitlements.ts'
export { type CooperationPorts, cooperationHandler } from './handler.ts'
export { ReportedUsage } from './reported-usage.ts'
