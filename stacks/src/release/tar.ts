import { LIMITS } from './layout.ts'

/**
 * The least of POSIX ustar: regular files with short names. There is exactly one header for a name, a size and a time,
 * and reading accepts no other, so no byte of a release is outside what the signature covers.
 */

export const BLOCK = 512

/** Two empty blocks end an archive. */
export const END = Buffer.alloc(2 * BLOCK)

export interface TarHeader {
  readonly name: string
  readonly sizeBytes: number
  /** Seconds since the epoch. */
  readonly modified: number
}

export type ReadHeader =
  | ({ readonly kind: 'file' } & TarHeader)
  | { readonly kind: 'end' }
  | { readonly kind: 'damaged'; readonly reason: string }

/** @throws RangeError when the size does not fit a header */
export function tarHeader({ name, sizeBytes, modified }: TarHeader): Buffer {
  if (sizeBytes > LIMITS.entryBytes) throw new RangeError(`${name} is too large for a tar header.`)
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 100, 'latin1')
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${octal(sizeBytes)}\0`, 124)
  block.write(`${octal(modified)}\0`, 136)
  block.write(' '.repeat(8), 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  block.write('root', 265)
  block.write('root', 297)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Bytes of zeros that fill the last block of an entry. */
export const paddingBytes = (sizeBytes: number): number => (BLOCK - (sizeBytes % BLOCK)) % BLOCK

/** Bytes of an entry with header and padding. */
export const entryBytes = (sizeBytes: number): number => BLOCK + sizeBytes + paddingBytes(sizeBytes)

export function readTarHeader(block: Buffer): ReadHeader {
  if (block.every((byte) => byte === 0)) return { kind: 'end' }
  if (block.toString('latin1', 257, 262) !== 'ustar') return { kind: 'damaged', reason: 'it is not a tar header' }
  const type = String.fromCharCode(block[156] ?? 0)
  if (type !== '0') return { kind: 'damaged', reason: `it is not a plain file but of type "${printable(type)}"` }
  const header = {
    name: block.toString('latin1', 0, 100).replace(/\0+$/, ''),
    sizeBytes: Number.parseInt(block.toString('latin1', 124, 135), 8),
    modified: Number.parseInt(block.toString('latin1', 136, 147), 8),
  }
  const whole = Number.isSafeInteger(header.sizeBytes) && Number.isSafeInteger(header.modified)
  if (!whole || !tarHeader(header).equals(block)) {
    return { kind: 'damaged', reason: 'its header is not as packing writes it' }
  }
  return { kind: 'file', ...header }
}

/** Names come from the file and go to a terminal. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

const octal = (value: number): string => value.toString(8).padStart(11, '0')
