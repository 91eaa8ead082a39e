/**
 * BLAKE2b-256 (RFC 7693), for one purpose: the checksum inside an encrypted minisign secret key. node:crypto offers
 * BLAKE2b with 512 bits only, and the length is part of what is hashed. Not for speed: a secret key is one block.
 */

const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]

const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]

/** Which four words each half-round mixes: the columns, then the diagonals. */
const LANES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

const ROUNDS = 12
const BLOCK_BYTES = 128

export function blake2b256(message: Uint8Array): Buffer {
  const digestBytes = 32
  const h = BigUint64Array.from(IV)
  h[0] = word(h, 0) ^ 0x01010000n ^ BigInt(digestBytes)
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_BYTES))
  const padded = Buffer.alloc(blocks * BLOCK_BYTES)
  padded.set(message)
  for (let index = 0; index < blocks; index++) {
    const last = index === blocks - 1
    const hashed = last ? message.length : (index + 1) * BLOCK_BYTES
    compress(h, padded.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES), BigInt(hashed), last)
  }
  const digest = Buffer.alloc(64)
  h.forEach((value, index) => {
    digest.writeBigUInt64LE(value, index * 8)
  })
  return digest.subarray(0, digestBytes)
}

/** BigUint64Array wraps each assignment to 64 bits, so sums need no mask of their own. */
function compress(h: BigUint64Array, block: Buffer, hashedBytes: bigint, last: boolean): void {
  const m = BigUint64Array.from({ length: 16 }, (_, index) => block.readBigUInt64LE(index * 8))
  const v = BigUint64Array.from([...h, ...IV])
  v[12] = word(v, 12) ^ hashedBytes
  if (last) v[14] = ~word(v, 14)
  for (let round = 0; round < ROUNDS; round++) {
    const order = SIGMA[round % SIGMA.length] ?? []
    LANES.forEach((lane, index) => {
      mix(v, lane, word(m, order[index * 2]), word(m, order[index * 2 + 1]))
    })
  }
  for (let index = 0; index < 8; index++) h[index] = word(h, index) ^ word(v, index) ^ word(v, index + 8)
}

function mix(v: BigUint64Array, [a, b, c, d]: (typeof LANES)[number], x: bigint, y: bigint): void {
  v[a] = word(v, a) + word(v, b) + x
  v[d] = rotateRight(word(v, d) ^ word(v, a), 32n)
  v[c] = word(v, c) + word(v, d)
  v[b] = rotateRight(word(v, b) ^ word(v, c), 24n)
  v[a] = word(v, a) + word(v, b) + y
  v[d] = rotateRight(word(v, d) ^ word(v, a), 16n)
  v[c] = word(v, c) + word(v, d)
  v[b] = rotateRight(word(v, b) ^ word(v, c), 63n)
}

const rotateRight = (value: bigint, bits: bigint): bigint => (value >> bits) | (value << (64n - bits))

const word = (words: BigUint64Array, index = 0): bigint => words[index] ?? 0n
