import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto'
import { ExitCode, UserError } from '../kernel/index.ts'
import { blake2b256 } from './blake2b.ts'

/**
 * Key pairs in minisign's own file formats, so that a vendor may make and use them with either program.
 *
 * public key file:  comment line, base64( "Ed" · key id 8 · Ed25519 public key 32 )
 * secret key file:  comment line, base64( "Ed" · kdf 2 · "B2" · salt 32 · opslimit 8 · memlimit 8 · body 104 )
 *                   body = key id 8 · seed 32 · public key 32 · checksum 32, XORed with the scrypt output if kdf is "Sc"
 */

/** The half that everybody may have. */
export interface PublicKey {
  /** Sixteen hexadecimal digits, as minisign prints them. Chosen at random: it finds a key, it does not prove one. */
  readonly keyId: string
  /** The second line of minisign's public key file: `RW…`, 56 characters. */
  readonly text: string
  readonly key: KeyObject
}

/** The half that stays with the vendor. The key object does not print its content. */
export interface SecretKey {
  readonly publicKey: PublicKey
  readonly key: KeyObject
}

const ALGORITHM = Buffer.from('Ed')
const CHECKSUM = Buffer.from('B2')
const SCRYPT = Buffer.from('Sc')
const NO_KDF = Buffer.alloc(2)
const BODY_OFFSET = 54
const BODY_BYTES = 104
const SECRET_KEY_BYTES = BODY_OFFSET + BODY_BYTES

/** libsodium's "sensitive" limits, which minisign always writes; they stand for scrypt N = 2^20, r = 8, p = 1 (1 GiB). */
const OPERATIONS_LIMIT = 33_554_432n
const MEMORY_LIMIT = 1_073_741_824n

export function generateKeyPair(): SecretKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x = '' } = privateKey.export({ format: 'jwk' })
  return { key: privateKey, publicKey: publicKeyOf(randomBytes(8), Buffer.from(x, 'base64url')) }
}

/**
 * @param text a minisign public key file, or its second line alone
 * @throws UserError PUBLIC_KEY_INVALID
 */
export function parsePublicKey(text: string): PublicKey {
  const lines = text.trim().split(/\r?\n/)
  const line = (lines.length === 2 && lines[0]?.startsWith('untrusted comment:') ? lines[1] : text)?.trim() ?? ''
  const bytes = Buffer.from(line, 'base64')
  if (bytes.length !== 42 || bytes.toString('base64') !== line || !bytes.subarray(0, 2).equals(ALGORITHM)) {
    throw usage('PUBLIC_KEY_INVALID', 'This is not a public key.', [
      'A vendor’s public key is one line of 56 characters that begins with RW,',
      'or the .pub file that `domicile vendor keygen` or `minisign -G` wrote.',
    ])
  }
  return publicKeyOf(bytes.subarray(2, 10), bytes.subarray(10))
}

/** The text of a public key file. */
export const formatPublicKey = ({ keyId, text }: PublicKey): string =>
  `untrusted comment: minisign public key ${keyId}\n${text}\n`

/**
 * A form that two people can compare over the telephone: the first 160 bits of the SHA-256 of the key, in ten groups of
 * four. The same digits come from `tail -n 1 vendor.pub | base64 -d | sha256sum`.
 */
export function keyFingerprint({ text }: PublicKey): string {
  const digest = createHash('sha256').update(Buffer.from(text, 'base64')).digest('hex')
  return (digest.slice(0, 40).match(/.{4}/g) ?? []).join(' ')
}

/**
 * @param text a minisign secret key file
 * @param passphrase asked for by the caller when `isEncrypted(text)`
 * @throws UserError SECRET_KEY_INVALID, PASSPHRASE_NEEDED, PASSPHRASE_WRONG
 */
export async function parseSecretKey(text: string, passphrase?: string): Promise<SecretKey> {
  const bytes = secretKeyBytes(text)
  const body = Buffer.from(bytes.subarray(BODY_OFFSET))
  if (isEncrypted(text)) {
    if (passphrase === undefined) {
      throw usage('PASSPHRASE_NEEDED', 'The secret key is protected by a passphrase.', ['Give its passphrase.'])
    }
    if (bytes.readBigUInt64LE(38) !== OPERATIONS_LIMIT || bytes.readBigUInt64LE(46) !== MEMORY_LIMIT) {
      throw invalidSecretKey('its passphrase is stretched with parameters that minisign does not use')
    }
    xor(body, await stretch(passphrase, bytes.subarray(6, 38)))
  }
  const [keyId, seed, publicBytes] = [body.subarray(0, 8), body.subarray(8, 40), body.subarray(40, 72)]
  const key = createPrivateKey({ format: 'jwk', key: okp(publicBytes, seed) })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  // Stronger than the file’s own checksum, and there for keys without a passphrase too.
  if (!Buffer.from(x, 'base64url').equals(publicBytes)) {
    if (!isEncrypted(text)) throw invalidSecretKey('its two halves do not belong together')
    throw usage('PASSPHRASE_WRONG', 'The passphrase does not open the secret key.', ['Try again.'])
  }
  return { key, publicKey: publicKeyOf(keyId, publicBytes) }
}

/** Whether `parseSecretKey` needs a passphrase for this file. */
export const isEncrypted = (text: string): boolean => secretKeyBytes(text).subarray(2, 4).equals(SCRYPT)

/** The text of a secret key file, to be kept with mode 0600. Without a passphrase the file alone can sign. */
export async function formatSecretKey({ key, publicKey }: SecretKey, passphrase?: string): Promise<string> {
  const { d = '', x = '' } = key.export({ format: 'jwk' })
  const keyId = Buffer.from(publicKey.text, 'base64').subarray(2, 10)
  const pair = Buffer.concat([keyId, Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')])
  const limits = Buffer.alloc(16)
  if (passphrase === undefined) {
    // As minisign -G -W does: no salt, no limits, no checksum.
    const zeros = Buffer.alloc(32)
    return secretKeyFile([ALGORITHM, NO_KDF, CHECKSUM, zeros, limits, pair, zeros])
  }
  const salt = randomBytes(32)
  limits.writeBigUInt64LE(OPERATIONS_LIMIT, 0)
  limits.writeBigUInt64LE(MEMORY_LIMIT, 8)
  const body = Buffer.concat([pair, blake2b256(Buffer.concat([ALGORITHM, pair]))])
  xor(body, await stretch(passphrase, salt))
  return secretKeyFile([ALGORITHM, SCRYPT, CHECKSUM, salt, limits, body])
}

const secretKeyFile = (parts: Buffer[]): string =>
  `untrusted comment: minisign encrypted secret key\n${Buffer.concat(parts).toString('base64')}\n`

function secretKeyBytes(text: string): Buffer {
  const bytes = Buffer.from(text.trim().split(/\r?\n/)[1] ?? '', 'base64')
  if (bytes.length !== SECRET_KEY_BYTES || !bytes.subarray(0, 2).equals(ALGORITHM)) {
    throw invalidSecretKey('its second line is not what minisign writes')
  }
  const kdf = bytes.subarray(2, 4)
  if (!kdf.equals(SCRYPT) && !kdf.equals(NO_KDF))
    throw invalidSecretKey('it is protected in a way minisign does not use')
  return bytes
}

function publicKeyOf(keyId: Buffer, publicBytes: Buffer): PublicKey {
  return {
    keyId: formatKeyId(keyId),
    text: Buffer.concat([ALGORITHM, keyId, publicBytes]).toString('base64'),
    key: createPublicKey({ format: 'jwk', key: okp(publicBytes) }),
  }
}

/** minisign prints the eight bytes as a little-endian number. */
export const formatKeyId = (bytes: Buffer): string =>
  bytes.readBigUInt64LE(0).toString(16).toUpperCase().padStart(16, '0')

const okp = (publicBytes: Buffer, seed?: Buffer) => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: publicBytes.toString('base64url'),
  ...(seed && { d: seed.toString('base64url') }),
})

/** @returns as many bytes as the body has; takes some seconds and 1 GiB, on purpose */
function stretch(passphrase: string, salt: Buffer): Promise<Buffer> {
  const cost = { N: 2 ** 20, r: 8, p: 1, maxmem: 2 ** 30 + 2 ** 24 }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, BODY_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function xor(target: Buffer, mask: Buffer): void {
  for (let index = 0; index < target.length; index++) target[index] = (target[index] ?? 0) ^ (mask[index] ?? 0)
}

const invalidSecretKey = (why: string): UserError =>
  usage('SECRET_KEY_INVALID', `This is not a secret key that can sign: ${why}.`, [
    'Give the file that `domicile vendor keygen` or `minisign -G` wrote as the secret key.',
  ])

const usage = (code: string, message: string, hint: string[]): UserError =>
  new UserError(message, { code, hint: hint.join(' '), exitCode: ExitCode.Usage })
