export {
  type AcceptedKind,
  acceptDocument,
  type Held,
  type HeldDocument,
  NOTHING_HELD,
  type Place,
  seqSeen,
} from './accept.ts'
export { splitDocuments } from './armour.ts'
export { compareChains, type Kinship } from './chains.ts'
export { type ReadClaims, readClaims } from './check-claims.ts'
export * from './claims.ts'
export { checkTermsHash, contradictionIn } from './contradictions.ts'
export { type ParsedDocument, parseDocument, signDocument } from './envelope.ts'
export { acceptKeyList } from './key-list.ts'
export { limitNamed, type NamedLimit } from './limit-named.ts'
export { type LicenceTrust, publicKeyObject, type TrustedKey } from './trust.ts'
export {
  isRevoked,
  type ReportKind,
  VENDOR_KINDS,
  type VendorKind,
  type VerifiedDocument,
  verifyDocument,
  verifyRequest,
} from './verify.ts'
