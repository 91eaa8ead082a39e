import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ExitCode, UserError } from '../kernel/index.ts'
import { compressed } from './images-archive.ts'
import type { SecretKey } from './keys.ts'
import { byPlace, IMAGES, isAllowedName, keyListName, LIMITS, limitBytes, RELEASE, SIGNATURE, SUMS } from './layout.ts'
import {
  checksums,
  formatRelease,
  modifiedOf,
  parseRelease,
  type Release,
  type ReleaseFile,
  type ReleaseImage,
  trustedComment,
} from './release-document.ts'
import { sign } from './signature.ts'
import { END, paddingBytes, tarHeader } from './tar.ts'
import type { SignedKeyList } from './trust.ts'

export interface ReleaseContents {
  readonly name: string
  readonly title: string
  readonly version: string
  /** Greater than in every release of this name before. */
  readonly sequence: number
  /** YYYY-MM-DD */
  readonly date: string
  /** Version of the program that builds. */
  readonly domicile: string
  readonly images: readonly ReleaseImage[]
  /** Output of one `docker save` of these images. */
  readonly imagesArchive: AsyncIterable<Uint8Array>
  /** Path inside the stack folder → content. */
  readonly stackFiles: ReadonlyMap<string, string | Uint8Array>
  /** Role of the image → CycloneDX JSON. */
  readonly sboms: ReadonlyMap<string, string>
  /** Every key list the vendor ever made, oldest first. */
  readonly keyLists?: readonly SignedKeyList[]
  readonly secretKey: SecretKey
  readonly signal?: AbortSignal
  /** Called with the uncompressed bytes of images done so far. */
  readonly progress?: (doneBytes: number) => void
}

export interface PackedRelease {
  readonly manifest: Release
  readonly sizeBytes: number
}

/**
 * Writes a signed release to `outFile`, complete or not at all. Equal contents give equal bytes (Ed25519 signatures are
 * deterministic too). Needs twice the size of the result while it works.
 *
 * @throws UserError RELEASE_CONTENT_INVALID when a name, size or value is not allowed in a release
 */
export async function packRelease(contents: ReleaseContents, outFile: string): Promise<PackedRelease> {
  const small = smallFiles(contents)
  const spool = `${outFile}.images.partial`
  const partial = `${outFile}.partial`
  try {
    const images = await spoolImages(contents, spool)
    const listed = [...small].map(([path, content]) => ({ path, sizeBytes: content.length, sha256: sha256(content) }))
    const release = makeRelease(contents, [...listed, images.file], images.unpackedBytes)
    await pipeline(tarOf(release, small, contents.secretKey, spool), createWriteStream(partial, { mode: 0o644 }), {
      signal: contents.signal,
    })
    return { manifest: release, sizeBytes: await putInPlace(partial, outFile) }
  } finally {
    await Promise.all([spool, partial].map((path) => rm(path, { force: true })))
  }
}

/** Everything but the images and what is made of the others, in the order of the file. */
function smallFiles({ stackFiles, sboms, keyLists = [] }: ReleaseContents): Map<string, Buffer> {
  const files: [string, Buffer][] = [
    ...keyLists.flatMap(({ json, signature }, index): [string, Buffer][] => [
      [keyListName(index), Buffer.from(json)],
      [`${keyListName(index)}.minisig`, Buffer.from(signature)],
    ]),
    ...[...stackFiles].map(([path, content]): [string, Buffer] => [`stack/${path}`, Buffer.from(content)]),
    ...[...sboms].map(([role, json]): [string, Buffer] => [`sbom/${role}.cdx.json`, Buffer.from(json)]),
  ]
  for (const [name, content] of files) {
    if (!isAllowedName(name)) {
      throw invalid(`${name} cannot be in a release: use up to 100 letters, digits, dots, hyphens and underscores.`)
    }
    if (content.length > limitBytes(name)) {
      throw invalid(`${name} has ${content.length} bytes; a release takes ${limitBytes(name)} at most.`)
    }
  }
  return new Map(files.sort(([a], [b]) => byPlace(a, b)))
}

async function spoolImages({ imagesArchive, signal, progress }: ReleaseContents, spool: string) {
  const hash = createHash('sha256')
  let unpackedBytes = 0
  let sizeBytes = 0
  async function* counted() {
    for await (const piece of imagesArchive) {
      unpackedBytes += piece.length
      progress?.(unpackedBytes)
      yield piece
    }
  }
  async function* hashed() {
    for await (const piece of compressed(counted())) {
      sizeBytes += piece.length
      hash.update(piece)
      yield piece
    }
  }
  await pipeline(hashed(), createWriteStream(spool, { mode: 0o600 }), { signal })
  if (sizeBytes > LIMITS.entryBytes) throw invalid(`The images have ${sizeBytes} bytes compressed; 8 GiB is the limit.`)
  return { file: { path: IMAGES, sizeBytes, sha256: hash.digest('hex') }, unpackedBytes }
}

/** Made from the caller's values alone, then read as a customer's machine will read it. */
function makeRelease(contents: ReleaseContents, files: ReleaseFile[], unpackedBytes: number): Release {
  const { name, title, version, sequence, date, domicile, images, secretKey } = contents
  const { keyId } = secretKey.publicKey
  const release: Release = {
    ...{ format: 1, name, title, version, sequence, date, domicile, keyId },
    ...{ images: [...images], unpackedBytes, files },
  }
  try {
    return parseRelease(formatRelease(release))
  } catch (error) {
    throw invalid((error as Error).message)
  }
}

async function* tarOf(release: Release, small: ReadonlyMap<string, Buffer>, secretKey: SecretKey, spool: string) {
  const modified = modifiedOf(release)
  const json = Buffer.from(formatRelease(release))
  const sums = Buffer.from(checksums(release, json))
  const signature = Buffer.from(sign(sums, secretKey, trustedComment(release)))
  const entry = (name: string, content: Buffer): Buffer[] => [
    tarHeader({ name, sizeBytes: content.length, modified }),
    content,
    Buffer.alloc(paddingBytes(content.length)),
  ]
  yield* entry(SUMS, sums)
  yield* entry(SIGNATURE, signature)
  const names = [...small.keys(), RELEASE].sort(byPlace)
  for (const name of names) yield* entry(name, small.get(name) ?? json)
  const { sizeBytes } = release.files.at(-1) ?? { sizeBytes: 0 }
  yield tarHeader({ name: IMAGES, sizeBytes, modified })
  yield* createReadStream(spool, { highWaterMark: 1024 * 1024 })
  yield Buffer.alloc(paddingBytes(sizeBytes))
  yield END
}

/** @returns the size; after this the file survives a loss of power */
async function putInPlace(partial: string, outFile: string): Promise<number> {
  await using file = await open(partial, 'r')
  await file.sync()
  await rename(partial, outFile)
  await using folder = await open(dirname(outFile), 'r')
  await folder.sync()
  return (await file.stat()).size
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const invalid = (message: string): UserError =>
  new UserError(message, {
    code: 'RELEASE_CONTENT_INVALID',
    hint: 'Change the stack accordingly and build the release again.',
    exitCode: ExitCode.Usage,
  })
