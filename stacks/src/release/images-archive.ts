import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { contradictory } from './refusals.ts'

/**
 * The output of one `docker save` of all images, compressed.
 *
 * Level 9 with long distance matching over 128 MiB finds what images of different base share (measured on 340 MB of
 * Debian images: 70 MB in 4.3 s; level 3: 76 MB in 1.6 s; level 15: 69 MB in 30 s; a window of 64 MiB: 92 MB). 128 MiB is
 * also the most that `zstd -d` takes without being asked. One thread: with ZSTD_c_nbWorkers Node.js ends the stream too
 * early (nodejs/node#59899). No checksum of its own: SHA256SUMS has one.
 */
const COMPRESSION = {
  [constants.ZSTD_c_compressionLevel]: 9,
  [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  [constants.ZSTD_c_windowLog]: 27,
}

const PIECE_BYTES = 1024 * 1024

/** Equal content gives equal bytes, however it is cut into pieces. */
export async function* compressed(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const zstd = createZstdCompress({ params: COMPRESSION, chunkSize: PIECE_BYTES })
  // Ending while a write is queued makes Node.js append an empty frame (nodejs/node#66078), so each write is awaited.
  const fed = feed(archive, zstd).catch((error: Error) => {
    zstd.destroy(error)
  })
  yield* zstd
  await fed
}

async function feed(archive: AsyncIterable<Uint8Array>, zstd: Transform): Promise<void> {
  for await (const piece of archive) {
    await new Promise<void>((resolve, reject) => {
      zstd.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
  zstd.end()
}

export interface ArchiveFacts {
  readonly sha256: string
  readonly unpackedBytes: number
  /** Made when the content turns out to be another than the facts say. */
  readonly refusal: () => Error
}

/** Decompresses while hashing again; ends with an error instead of an end when the content is not what was verified. */
export function decompressed(source: Readable, { sha256, unpackedBytes, refusal }: ArchiveFacts): Readable {
  const hash = createHash('sha256')
  const hashed = new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      hash.update(piece)
      done(null, piece)
    },
    flush(done: TransformCallback) {
      done(hash.digest('hex') === sha256 ? null : refusal())
    },
  })
  const wrongSize = () => contradictory(`its images unpack to another size than ${unpackedBytes} bytes`)
  let count = 0
  const counted = new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      count += piece.length
      if (count > unpackedBytes) done(wrongSize())
      else done(null, piece)
    },
    flush(done: TransformCallback) {
      done(count === unpackedBytes ? null : wrongSize())
    },
    // Changed bytes often cannot be decompressed; the reason is the change, whichever of the two notices first.
    destroy(error: NodeJS.ErrnoException | null, done) {
      done(error?.code?.startsWith('Z') ? refusal() : error)
    },
  })
  // The pipeline destroys its last stream with the error; whoever reads it is told there.
  return pipeline(source, hashed, createZstdDecompress({ chunkSize: PIECE_BYTES }), counted, () => undefined)
}
