import type { ImageInventory, SbomMaker } from './sbom.ts'

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
export type { ImageInventory, NpmPackage, SbomMaker } from './sbom.ts'
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

/** `imageSbom` of ./sbom.ts, loaded when needed: its library costs 50 ms, and only who builds a release uses it. */
export async function imageSbom(image: ImageInventory, maker: SbomMaker): Promise<string> {
  return (await import('./sbom.ts')).imageSbom(image, maker)
}
