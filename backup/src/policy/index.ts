export { explain, reasonText } from './explain.ts'
export { policy } from './policy.ts'
export {
  type BackupClause,
  type Configured,
  checkConfigured,
  DEFAULT_KEEP,
  type EffectiveTerms,
  effectiveTerms,
  KEEPS,
  type Keep,
  LONGEST,
  type Origin,
  type PolicyTerms,
} from './terms.ts'
export type { Candidate, Reason, Verdict } from './types.ts'
