export { due, next } from './due.ts'
export { findings } from './findings.ts'
export { begun, freshState, noted, summaryOf } from './state.ts'
export {
  type Copy,
  DEFAULT_SCHEDULE,
  type Due,
  type Finding,
  type Note,
  OPERATIONS,
  type Operation,
  type ScheduleState,
  type ScheduleTerms,
  type Summary,
  scheduleStateSchema,
  summarySchema,
} from './types.ts'
