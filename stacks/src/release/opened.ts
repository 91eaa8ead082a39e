import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FileCursor } from './file-cursor.ts'
import { decompressed } from './images-archive.ts'
import { IMAGES } from './layout.ts'
import { changedMeanwhile } from './refusals.ts'
import type { Release } from './release-document.ts'
import type { Trust } from './trust.ts'

interface Parts {
  readonly cursor: FileCursor
  readonly release: Release
  readonly trust: Trust
  readonly keyId: string
  readonly files: ReadonlyMap<string, Buffer>
  readonly imagesStart: number
}

/** A verified release. Holds its file open until `close`. */
export class OpenRelease implements AsyncDisposable {
  readonly manifest: Release
  /** What to trust from now on; to be kept once the release is accepted. */
  readonly trust: Trust
  /** Of the key that signed. */
  readonly keyId: string
  /** Of the whole file. */
  readonly sizeBytes: number
  /** Every entry but the images, by its name in the release. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly #cursor: FileCursor
  readonly #imagesStart: number

  constructor({ cursor, release, trust, keyId, files, imagesStart }: Parts) {
    this.manifest = release
    this.trust = trust
    this.keyId = keyId
    this.sizeBytes = cursor.sizeBytes
    this.files = files
    this.#cursor = cursor
    this.#imagesStart = imagesStart
  }

  /** The stack, as `parseStack` wants it: path inside the stack folder → text. */
  get stackFiles(): ReadonlyMap<string, string> {
    const inside = [...this.files].filter(([name]) => name.startsWith('stack/'))
    return new Map(inside.map(([name, content]) => [name.slice('stack/'.length), content.toString()]))
  }

  /**
   * Writes everything but the images: checksums, signatures, release.json, stack/, sbom/. Each file is complete or
   * absent, and doing it again is harmless.
   */
  async extractTo(folder: string): Promise<void> {
    for (const [name, content] of this.files) {
      const path = join(folder, name)
      await mkdir(dirname(path), { recursive: true, mode: 0o755 })
      await writeWhole(path, content)
    }
  }

  /**
   * The images as `docker load` wants them; `manifest.unpackedBytes` long. May be called again. The content is hashed
   * once more: if somebody wrote to the file since, the stream ends with RELEASE_CHANGED instead of an end.
   */
  openImages(): Readable {
    const { sizeBytes = 0, sha256 = '' } = this.manifest.files.at(-1) ?? {}
    const source = this.#cursor.handle.createReadStream({
      start: this.#imagesStart,
      end: this.#imagesStart + sizeBytes - 1,
      autoClose: false,
      highWaterMark: 1024 * 1024,
    })
    const { unpackedBytes } = this.manifest
    return decompressed(source, { sha256, unpackedBytes, refusal: () => changedMeanwhile(IMAGES) })
  }

  async close(): Promise<void> {
    await this.#cursor.handle.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function writeWhole(path: string, content: Buffer): Promise<void> {
  const partial = `${path}.partial`
  await rm(partial, { force: true })
  await using file = await open(partial, 'wx', 0o644)
  await file.chmod(0o644)
  await file.writeFile(content)
  await file.sync()
  await rename(partial, path)
}
