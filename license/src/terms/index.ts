export * from './days.ts'
export { parseTerms, TERMS_MAX_BYTES } from './parse-terms.ts'
export { terminationDay } from './termination.ts'
export { type Condition, ORDER_NOTICE, type Stage, type Terms, type Track } from './terms.ts'
