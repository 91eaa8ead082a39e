import { hash, type KeyObject, sign, verify } from 'node:crypto'
import { type RecordLine, sortedJson } from '../record/index.ts'
import { hoursDigest, hoursText } from './day-text.ts'
import type { ReadSamples } from './samples.ts'
import { sealSchema } from './shapes.ts'
import { totals } from './summary.ts'
import type { DayHours, DaySeal, UnsignedSeal } from './types.ts'

/** The line of the record that a seal follows. */
export type LineBefore = Pick<RecordLine, 'n' | 'hash'>

/** What the record shall say of a day whose samples were read, and summed up to `hours`. */
export const unsignedSeal = ({ lines, head }: Pick<ReadSamples, 'lines' | 'head'>, hours: DayHours): UnsignedSeal => ({
  day: hours.day,
  lines,
  head,
  hours: hoursDigest(hoursText(hours)),
  ...totals(hours),
})

/**
 * What is signed: it names the line before, and with it the whole record until there, and the content of the seal. The
 * first line is in no other text that this key signs.
 */
export const checkpointText = (seal: UnsignedSeal, before: LineBefore): string =>
  `domicile-ledger-checkpoint-v1\n${before.n} ${before.hash}\n${hash('sha256', sortedJson(seal))}\n`

/** @param privateKey of the installation, Ed25519 */
export const signSeal = (seal: UnsignedSeal, before: LineBefore, privateKey: KeyObject): DaySeal => ({
  ...seal,
  signature: sign(null, Buffer.from(checkpointText(seal, before)), privateKey).toString('base64url'),
})

/** Whether the installation with this key sealed the day, after this line and no other. */
export function sealHolds({ signature, ...seal }: DaySeal, before: LineBefore, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  // One text for one signature: the decoder would also take what no encoder writes.
  if (bytes.toString('base64url') !== signature) return false
  return verify(null, Buffer.from(checkpointText(seal, before)), publicKey, bytes)
}

/** `data` of a line of the record as a seal; null when it is none. */
export function readSeal(data: unknown): DaySeal | null {
  const read = sealSchema.safeParse(data)
  return read.success ? read.data : null
}
