export { collectFacts, type FactsOptions } from './collect-facts.ts'
