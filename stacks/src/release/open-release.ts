import { createHash } from 'node:crypto'
import type { FileCursor, Reading } from './file-cursor.ts'
import { type Head, openFile, readHead } from './head.ts'
import { byPlace, IMAGES, LIMITS, RELEASE, SIGNATURE, SUMS } from './layout.ts'
import { OpenRelease } from './opened.ts'
import { altered, contradictory, missing, trailing, truncated, unlisted } from './refusals.ts'
import {
  checksums,
  modifiedOf,
  parseRelease,
  type Release,
  type ReleaseFile,
  trustedComment,
} from './release-document.ts'
import { formatSignature, parseSignature, verifySignature } from './signature.ts'
import { BLOCK, END, entryBytes, printable, readTarHeader, tarHeader } from './tar.ts'
import { releaseKey, resolveTrust, type Trust } from './trust.ts'

export interface OpenOptions extends Reading {
  /** Decides whether the vendor's key still counts. */
  readonly now: Date
}

/**
 * Opens a release and verifies ALL of it before returning; afterwards its content may be used. Reads once through,
 * keeping the small files (64 MiB at most) and hashing the images as they pass.
 *
 * @param trust from `pinKey` at first install, from the last accepted release afterwards
 * @throws UserError with exit code 4 when the file is not exactly what a trusted key signed; RELEASE_FORMAT_NEWER
 */
export async function openRelease(path: string, trust: Trust, options: OpenOptions): Promise<OpenRelease> {
  const cursor = await openFile(path)
  try {
    const head = await readHead(cursor)
    const resolved = resolveTrust(trust, head.keyLists)
    const keyId = verifyHead(head, resolved, options.now)
    checkSums(head)
    const release = parseRelease(head.releaseJson.toString())
    agree(release, head, keyId)
    resolveTrust(trust, head.keyLists, release.name)
    const rest = await verifyRest(cursor, release, head, options)
    const files = new Map([...head.contents, ...rest.files])
    return new OpenRelease({ cursor, release, trust: resolved, keyId, files, imagesStart: rest.imagesStart })
  } catch (error) {
    await cursor.handle.close()
    throw error
  }
}

/** @returns the id of the key that signed */
function verifyHead({ sums, signature }: Head, trust: Trust, now: Date): string {
  const text = signature.toString()
  const parsed = parseSignature(text)
  const key = releaseKey(trust, parsed.keyId, now)
  verifySignature(sums, text, key)
  // The first comment line and spare bits of base64 are outside of every signature; they must be as minisign writes them.
  if (!Buffer.from(formatSignature(parsed)).equals(signature))
    throw altered(SIGNATURE, 'it is not as minisign writes it')
  return key.keyId
}

/** Whether what was read so far is what the signed checksums say. */
function checkSums({ sums, contents }: Head): void {
  const stated = new Map(sumLines(sums))
  for (const [name, content] of contents) {
    if (name === SUMS || name === SIGNATURE) continue
    if (!stated.has(name)) throw unlisted(name)
    if (stated.get(name) !== sha256(content)) throw altered(name, 'its checksum differs')
  }
}

/** Whether the signed checksums, the signed comment and release.json say the same. */
function agree(release: Release, head: Head, keyId: string): void {
  const { sums, signature, releaseJson, modified } = head
  if (checksums(release, releaseJson) !== sums.toString()) throw contradictory(`${SUMS} and ${RELEASE} differ`)
  if (parseSignature(signature.toString()).trustedComment !== trustedComment(release)) {
    throw contradictory('its signature was made for another name, version or sequence')
  }
  if (release.keyId !== keyId) throw contradictory(`it names key ${release.keyId}, but ${keyId} signed it`)
  if ([...modified].some((time) => time !== modifiedOf(release))) throw altered('The beginning', 'its time differs')
}

const sumLines = (sums: Buffer): [name: string, sha256: string][] =>
  sums
    .toString()
    .split('\n')
    .map((line) => [line.slice(66), line.slice(0, 64)])

/** Everything behind release.json is known to the byte by now: only the expected may come, then nothing more. */
async function verifyRest(cursor: FileCursor, release: Release, head: Head, reading: Reading) {
  const files = new Map<string, Buffer>()
  let imagesStart = 0
  for (const file of release.files.filter(({ path }) => !head.contents.has(path))) {
    await expectEntry(cursor, file, release)
    if (file.path === IMAGES) {
      imagesStart = cursor.position
      await verifyImages(cursor, file, reading)
    } else {
      const content = await cursor.content(file.path, file.sizeBytes, LIMITS.inMemoryBytes)
      if (sha256(content) !== file.sha256) throw altered(file.path, 'its checksum differs')
      files.set(file.path, content)
    }
  }
  await cursor.end()
  return { files, imagesStart }
}

async function verifyImages(cursor: FileCursor, { path, sizeBytes, sha256 }: ReleaseFile, reading: Reading) {
  const wanted = cursor.position - BLOCK + entryBytes(sizeBytes) + END.length
  // Said before minutes are spent on hashing. More than wanted may be an unlisted entry, which the end will tell.
  if (cursor.sizeBytes < wanted) throw truncated(cursor.sizeBytes, wanted)
  if ((await cursor.sha256(path, sizeBytes, reading)) !== sha256) throw altered(path, 'its checksum differs')
  if (cursor.sizeBytes >= wanted + BLOCK) await refuseMore(cursor, wanted)
}

/** An entry behind the last one deserves a better word than "data". */
async function refuseMore(cursor: FileCursor, wanted: number): Promise<never> {
  const next = await cursor.header()
  if (next.kind === 'file') throw unlisted(printable(next.name))
  throw trailing(cursor.sizeBytes - wanted)
}

async function expectEntry(cursor: FileCursor, { path, sizeBytes }: ReleaseFile, release: Release): Promise<void> {
  const block = await cursor.bytes(BLOCK)
  if (block.equals(tarHeader({ name: path, sizeBytes, modified: modifiedOf(release) }))) return
  const found = readTarHeader(block)
  if (found.kind === 'damaged') throw altered(`What should be ${path}`, found.reason)
  if (found.kind === 'end') throw missing(path)
  if (found.name === path)
    throw altered(path, `it states ${found.sizeBytes} bytes instead of ${sizeBytes}, or another time`)
  if (!release.files.some((file) => file.path === found.name)) throw unlisted(printable(found.name))
  throw byPlace(found.name, path) > 0 ? missing(path) : altered(found.name, 'it comes twice')
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
