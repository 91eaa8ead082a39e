export type { Progress } from './file-cursor.ts'
export { inspectRelease, type UnverifiedRelease } from './inspect.ts'
export {
  formatPublicKey,
  formatSecretKey,
  generateKeyPair,
  isEncrypted,
  keyFingerprint,
  type PublicKey,
  parsePublicKey,
  parseSecretKey,
  type SecretKey,
} from './keys.ts'
export { type OpenOptions, openRelease } from './open-release.ts'
export type { OpenRelease } from './opened.ts'
export { type PackedRelease, packRelease, type ReleaseContents } from './pack.ts'
export { type Release, type ReleaseFile, type ReleaseImage, releaseSchema } from './release-document.ts'
export { checkSequence } from './sequence.ts'
export { parseSignature, type Signature, sign, verifySignature } from './signature.ts'
export {
  buildKeyList,
  type KeyList,
  parseKeyList,
  pinKey,
  resolveTrust,
  type SignedKeyList,
  type Trust,
  type TrustedKey,
  trustSchema,
} from './trust.ts'
