import { createHash, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import { ExitCode, UserError } from '../kernel/index.ts'
import { formatKeyId, type PublicKey, type SecretKey } from './keys.ts'

/**
 * Signatures in minisign's format, prehashed ("ED"): Ed25519 over the BLAKE2b-512 of the content, and a second Ed25519
 * signature over the first one and the trusted comment.
 */
export interface Signature {
  /** Of the key that claims to have signed. */
  readonly keyId: string
  /** "ED", key id and signature: 74 bytes. */
  readonly signed: Buffer
  /** Proven only after `verifySignature`. */
  readonly trustedComment: string
  /** Over the 64 bytes of the signature and the trusted comment. */
  readonly global: Buffer
}

/** What minisign writes without -c; a release demands exactly this, because nothing signs it. */
const UNTRUSTED_COMMENT = 'untrusted comment: signature from minisign secret key'
const TRUSTED_COMMENT = 'trusted comment: '

/** @returns the text of a `.minisig` file */
export function sign(content: Uint8Array, { key, publicKey }: SecretKey, trustedComment: string): string {
  if (/[\r\n]/.test(trustedComment)) throw new RangeError('A trusted comment is one line.')
  const signature = signBytes(null, prehash(content), key)
  const keyId = Buffer.from(publicKey.text, 'base64').subarray(2, 10)
  return formatSignature({
    keyId: publicKey.keyId,
    signed: Buffer.concat([Buffer.from('ED'), keyId, signature]),
    trustedComment,
    global: signBytes(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key),
  })
}

export const formatSignature = ({ signed, trustedComment, global }: Signature): string =>
  [UNTRUSTED_COMMENT, signed.toString('base64'), TRUSTED_COMMENT + trustedComment, global.toString('base64'), ''].join(
    '\n',
  )

/**
 * Reads a `.minisig` file; believes nothing of it.
 * @throws UserError SIGNATURE_UNREADABLE, SIGNATURE_LEGACY
 */
export function parseSignature(text: string): Signature {
  const [comment = '', first = '', trusted = '', second = '', ...rest] = text.split('\n')
  const signed = Buffer.from(first, 'base64')
  const global = Buffer.from(second, 'base64')
  const algorithm = signed.subarray(0, 2).toString('latin1')
  const shaped =
    comment.startsWith('untrusted comment: ') &&
    trusted.startsWith(TRUSTED_COMMENT) &&
    signed.length === 74 &&
    global.length === 64 &&
    rest.join('') === ''
  if (!shaped || (algorithm !== 'ED' && algorithm !== 'Ed')) {
    throw refused('SIGNATURE_UNREADABLE', 'The signature is not in minisign’s format.', 'Get the file again.')
  }
  if (algorithm === 'Ed') {
    throw refused(
      'SIGNATURE_LEGACY',
      'The signature is of minisign’s old kind, which is not made over a hash.',
      'The vendor must sign again with a current minisign (0.10 or later, without -l) or with `domicile vendor release build`.',
    )
  }
  const trustedComment = trusted.slice(TRUSTED_COMMENT.length)
  return { keyId: formatKeyId(signed.subarray(2, 10)), signed, trustedComment, global }
}

/**
 * @returns the trusted comment, now proven
 * @throws UserError SIGNATURE_UNREADABLE, SIGNATURE_LEGACY, SIGNATURE_OTHER_KEY, SIGNATURE_WRONG
 */
export function verifySignature(content: Uint8Array, signatureText: string, publicKey: PublicKey): string {
  const { keyId, signed, trustedComment, global } = parseSignature(signatureText)
  if (keyId !== publicKey.keyId) {
    throw refused(
      'SIGNATURE_OTHER_KEY',
      `The signature was made with key ${keyId}, not with ${publicKey.keyId}.`,
      'Ask the vendor which key signs, and compare its fingerprint.',
    )
  }
  const signature = signed.subarray(10)
  const valid =
    verifyBytes(null, prehash(content), publicKey.key, signature) &&
    verifyBytes(null, Buffer.concat([signature, Buffer.from(trustedComment)]), publicKey.key, global)
  if (valid) return trustedComment
  throw refused(
    'SIGNATURE_WRONG',
    `The signature by key ${keyId} does not fit the content: one of the two was changed after signing.`,
    'Get the file again from the vendor. If that does not help, tell the vendor: somebody may have altered it.',
  )
}

const prehash = (content: Uint8Array): Buffer => createHash('blake2b512').update(content).digest()

const refused = (code: string, message: string, hint: string): UserError =>
  new UserError(message, { code, hint, exitCode: ExitCode.Unverified })
