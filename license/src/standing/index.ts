export { effectiveLicence } from './course.ts'
export { type LimitFinding, limitFindings } from './limits.ts'
export { type Facts, standing } from './standing.ts'
export * from './types.ts'
