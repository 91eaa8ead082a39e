import { createPublicKey, type KeyObject } from 'node:crypto'
import { LicenceRefusal } from '../refusal.ts'
import type { Claims } from './claims.ts'

/** A key that may sign documents made in a certain time. Instants are ISO 8601; null: no bound. */
export interface TrustedKey {
  /** minisign’s key id: sixteen hexadecimal digits. */
  readonly kid: string
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
  readonly from: string | null
  /** First moment at which it signs no more. */
  readonly until: string | null
}

/** Whose documents count; plain data, to be kept as JSON. */
export interface LicenceTrust {
  /** Pinned at installation: the keys that sign releases. They alone may sign a key list. */
  readonly vendorKeys: readonly TrustedKey[]
  /** The key list that was accepted last. */
  readonly list: Claims<'keys'> | null
}

/** The keys that count beside each other, the pinned ones first: a list cannot put another key in the place of one. */
export const trustedKeys = ({ vendorKeys, list }: LicenceTrust): readonly TrustedKey[] => [
  ...vendorKeys,
  ...(list?.keys ?? []),
]

/**
 * The key that may vouch for a document made at `iat` (seconds since 1970).
 * @throws LicenceRefusal DOCUMENT_KEY_UNKNOWN, DOCUMENT_KEY_REVOKED, DOCUMENT_KEY_OUT_OF_TIME
 */
export function keyFor(keys: readonly TrustedKey[], list: LicenceTrust['list'], kid: string, iat: number): KeyObject {
  if (list?.revokedKeys.includes(kid)) throw revokedKey(kid, list.version)
  const found = keys.find((key) => key.kid === kid)
  if (!found) {
    throw unknownKey(
      kid,
      keys.map((key) => key.kid),
    )
  }
  const { from, until } = found
  if (from !== null && iat * 1000 < Date.parse(from)) throw outOfTime(kid, `counts only from ${from}`, iat)
  if (until !== null && iat * 1000 >= Date.parse(until)) throw outOfTime(kid, `counted until ${until}`, iat)
  return publicKeyObject(found.publicKey)
}

/** @param publicKey Ed25519, 32 bytes in base64url */
export const publicKeyObject = (publicKey: string): KeyObject =>
  createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } })

const ANOTHER = 'Ask the vendor to sign the document anew with a key that counts.'

const unknownKey = (kid: string, known: readonly string[]) =>
  new LicenceRefusal(
    `kid: the document is signed with key ${kid}; this appliance knows ${known.join(', ') || 'none'}.`,
    {
      code: 'DOCUMENT_KEY_UNKNOWN',
      hint: 'Bring in the vendor’s key list first, if it sent one; otherwise ask the vendor which key signs.',
      kind: 'unverified',
    },
  )

const revokedKey = (kid: string, version: number) =>
  new LicenceRefusal(`kid: the vendor has revoked key ${kid} in its key list ${version}.`, {
    code: 'DOCUMENT_KEY_REVOKED',
    hint: ANOTHER,
    kind: 'unverified',
  })

const outOfTime = (kid: string, why: string, iat: number) =>
  new LicenceRefusal(`kid: key ${kid} ${why}, and the document was made at ${new Date(iat * 1000).toISOString()}.`, {
    code: 'DOCUMENT_KEY_OUT_OF_TIME',
    hint: ANOTHER,
    kind: 'unverified',
  })
