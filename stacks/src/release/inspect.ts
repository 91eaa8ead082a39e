import { openFile, readHead } from './head.ts'
import { parseRelease, type Release } from './release-document.ts'
import { parseSignature } from './signature.ts'
import { type KeyList, parseKeyList } from './trust.ts'

/** What a release file says of itself. Nothing in it is proven. */
export interface UnverifiedRelease {
  readonly verified: false
  readonly manifest: Release
  /** Of the key that claims to have signed. */
  readonly keyId: string
  readonly keyLists: readonly KeyList[]
  /** Of the whole file. */
  readonly sizeBytes: number
}

/**
 * Reads the beginning of a release without trusting anybody, to show what it claims to be and which key to ask for.
 * @throws UserError when the beginning is not that of a release
 */
export async function inspectRelease(path: string): Promise<UnverifiedRelease> {
  const cursor = await openFile(path)
  try {
    const { releaseJson, signature, keyLists } = await readHead(cursor)
    return {
      verified: false,
      manifest: parseRelease(releaseJson.toString()),
      keyId: parseSignature(signature.toString()).keyId,
      keyLists: keyLists.map(({ json }) => parseKeyList(json)),
      sizeBytes: cursor.sizeBytes,
    }
  } finally {
    await cursor.handle.close()
  }
}
