import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { altered, tooLarge, trailing, truncated } from './refusals.ts'
import { BLOCK, END, paddingBytes, type ReadHeader, readTarHeader } from './tar.ts'

const PIECE_BYTES = 1024 * 1024

/** Called while a large entry is read, with the bytes done so far. */
export type Progress = (doneBytes: number, totalBytes: number) => void

export interface Reading {
  readonly signal?: AbortSignal | undefined
  readonly progress?: Progress | undefined
}

/** Reads a release file from front to back, through one descriptor. Holds what it returns in memory and no more. */
export class FileCursor {
  readonly handle: FileHandle
  readonly sizeBytes: number
  position = 0

  constructor(handle: FileHandle, sizeBytes: number) {
    this.handle = handle
    this.sizeBytes = sizeBytes
  }

  /** @throws UserError RELEASE_TRUNCATED when the file ends before that */
  async bytes(count: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(count)
    await this.#fill(piece, this.position)
    this.position += count
    return piece
  }

  async header(): Promise<ReadHeader> {
    return readTarHeader(await this.bytes(BLOCK))
  }

  /** The content of a small entry. */
  async content(name: string, sizeBytes: number, limitBytes: number): Promise<Buffer> {
    if (sizeBytes > limitBytes) throw tooLarge(name, sizeBytes, limitBytes)
    const content = await this.bytes(sizeBytes)
    await this.#padding(name, sizeBytes)
    return content
  }

  /** The SHA-256 of an entry of any size. Reads ahead by one piece, so that disk and hash work at the same time. */
  async sha256(name: string, sizeBytes: number, { signal, progress }: Reading): Promise<string> {
    const hash = createHash('sha256')
    const buffers = [Buffer.allocUnsafe(PIECE_BYTES), Buffer.allocUnsafe(PIECE_BYTES)] as const
    const read = async (offset: number, index: number): Promise<Buffer> => {
      const piece = (index % 2 ? buffers[1] : buffers[0]).subarray(0, Math.min(PIECE_BYTES, sizeBytes - offset))
      await this.#fill(piece, this.position + offset)
      return piece
    }
    let ahead = read(0, 0)
    for (let offset = 0, index = 1; offset < sizeBytes; index++) {
      const piece = await ahead
      signal?.throwIfAborted()
      offset += piece.length
      ahead = read(offset, index)
      // Whoever throws before the next await must not leave a rejection that nobody handles.
      ahead.catch(() => undefined)
      hash.update(piece)
      progress?.(offset, sizeBytes)
    }
    await ahead
    this.position += sizeBytes
    await this.#padding(name, sizeBytes)
    return hash.digest('hex')
  }

  /** @throws UserError unless the archive ends here and the file with it */
  async end(): Promise<void> {
    const end = await this.bytes(END.length)
    if (!end.equals(END)) throw altered('The end of the file', 'it holds something else than zeros')
    const { size } = await this.handle.stat()
    if (size > this.position) throw trailing(size - this.position)
  }

  async #padding(name: string, sizeBytes: number): Promise<void> {
    const padding = await this.bytes(paddingBytes(sizeBytes))
    if (padding.some((byte) => byte !== 0)) throw altered(name, 'something is written behind it')
  }

  async #fill(piece: Buffer, position: number): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      const { bytesRead } = await this.handle.read(piece, done, piece.length - done, position + done)
      if (bytesRead === 0) throw truncated(position + done)
      done += bytesRead
    }
  }
}
