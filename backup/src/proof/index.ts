export { type ChainFinding, type VerifiedChain, verifyChain } from './chain.ts'
export { ARCHIVE, type Compared, type Drill, drillSchema, type Proof, proofSchema } from './claims.ts'
export {
  compareWithManifest,
  type Difference,
  type DifferenceCode,
  differenceText,
  type Found,
  type FoundDocuments,
  figuresOf,
} from './compare.ts'
export { digestOf, readProof, signProof, verifyProof } from './token.ts'
export { proofsWithin, type Week, type YearFigures, yearOf } from './year.ts'
