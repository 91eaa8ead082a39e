import { createHash, type KeyObject, verify } from 'node:crypto'
import { LicenceRefusal } from '../refusal.ts'
import { LABELS } from './armour.ts'
import { checkClaims } from './check-claims.ts'
import type { Claims, DocumentKind } from './claims.ts'
import { type ParsedDocument, parseDocument } from './envelope.ts'
import { keyFor, type LicenceTrust, publicKeyObject, type TrustedKey, trustedKeys } from './trust.ts'

/** Documents that installations sign with their own key; all others are the vendor's. */
export type ReportKind = 'request' | 'usage'
export type VendorKind = Exclude<DocumentKind, ReportKind>
export const VENDOR_KINDS: readonly VendorKind[] = [
  'licence',
  'renewal',
  'order',
  'receipt',
  'keys',
  'unlock',
  'anchor',
]

/** A document of one of the kinds K that somebody who may has signed. */
export type VerifiedDocument<K extends DocumentKind = DocumentKind> = {
  [P in K]: {
    readonly kind: P
    readonly claims: Claims<P>
    readonly kid: string
    /** Of the decoded content: what tells documents apart. The text of a token does not. */
    readonly sha256: string
    /** Claims that this version does not know and does not heed, a sentence each. */
    readonly warnings: readonly string[]
  }
}[K]

const TOLERANCE_SECONDS = 24 * 3600

/**
 * Reads one armoured document that the vendor signed: kind, key and signature first, then what it says.
 * @param now licence time
 * @throws LicenceRefusal DOCUMENT_UNREADABLE, DOCUMENT_TOO_LARGE, DOCUMENT_MISSING, DOCUMENTS_TOO_MANY, DOCUMENT_HEADER,
 *   DOCUMENT_KIND, DOCUMENT_KEY_UNKNOWN, DOCUMENT_KEY_REVOKED, DOCUMENT_KEY_OUT_OF_TIME, DOCUMENT_SIGNATURE_WRONG,
 *   DOCUMENT_FROM_FUTURE, LICENCE_REVOKED, CLAIM_WRONG, CLAIMS_CONTRADICT, TERMS_ALTERED
 */
export function verifyDocument<K extends VendorKind>(
  text: string,
  expected: readonly K[],
  trust: LicenceTrust,
  now: Date,
): VerifiedDocument<K> {
  return verifyWith(text, expected, trust, trustedKeys(trust), now)
}

/** As `verifyDocument`, with the keys given: a key list counts only when a pinned key signed it. */
export function verifyWith<K extends VendorKind>(
  text: string,
  expected: readonly K[],
  { list }: LicenceTrust,
  keys: readonly TrustedKey[],
  now: Date,
): VerifiedDocument<K> {
  const parsed = expectKind(parseDocument(text), expected)
  const { kid } = parsed.header
  checkSignature(parsed, keyFor(keys, list, kid, iatOf(parsed)))
  const verified = verifiedDocument(parsed, now)
  if (list && isRevoked(list, verified)) throw revokedLicence(list.version)
  return verified
}

/**
 * Reads a request or a usage report. It is signed with the key that it carries: that proves that one installation made all
 * documents with this key, and nothing about who that is.
 * @throws LicenceRefusal as `verifyDocument`, and REQUEST_KEY_DIFFERS
 */
export function verifyRequest(text: string, now: Date): VerifiedDocument<ReportKind> {
  const parsed = expectKind(parseDocument(text), ['request', 'usage'] as const)
  const { installation } = checkClaims(parsed.kind, parsed.unverified).claims
  if (parsed.header.kid !== installation.id) throw otherKey(parsed.header.kid)
  checkSignature(parsed, publicKeyObject(installation.publicKey))
  return verifiedDocument(parsed, now)
}

/** Whether a key list takes back what was accepted before it: the document itself, its key, or the licence it renews. */
export function isRevoked(
  { revokedKeys, revokedLicences }: Claims<'keys'>,
  { kind, kid, claims }: Pick<VerifiedDocument, 'kind' | 'kid' | 'claims'>,
): boolean {
  const licence = kind === 'licence' ? claims.jti : kind === 'renewal' ? (claims as Claims<'renewal'>).licence : null
  return revokedKeys.includes(kid) || (licence !== null && revokedLicences.includes(licence))
}

type Parsed<K extends DocumentKind> = ParsedDocument & { readonly kind: K }

function expectKind<K extends DocumentKind>(parsed: ParsedDocument, expected: readonly K[]): Parsed<K> {
  if (expected.includes(parsed.kind as K)) return parsed as Parsed<K>
  throw otherKind(parsed.kind, expected)
}

/** Only for finding the key: what cannot be a time is refused by `checkClaims` in the end. */
function iatOf({ unverified: { iat } }: ParsedDocument): number {
  return typeof iat === 'number' && Math.abs(iat) < 1e10 ? iat : 0
}

function checkSignature({ header, signed, signature }: ParsedDocument, key: KeyObject): void {
  if (!verify(null, signed, key, signature)) throw wrongSignature(header.kid)
}

function verifiedDocument<K extends DocumentKind>(
  { kind, header, payload, unverified }: Parsed<K>,
  now: Date,
): VerifiedDocument<K> {
  const { claims, warnings } = checkClaims(kind, unverified)
  // An unlock comes in when the clock is wrong, and that is what it is for.
  const early = claims.iat - now.getTime() / 1000
  if (kind !== 'unlock' && early > TOLERANCE_SECONDS) throw fromFuture(claims.iat, now)
  const sha256 = createHash('sha256').update(payload).digest('hex')
  return { kind, claims, kid: header.kid, sha256, warnings } as VerifiedDocument<K>
}

const wrongSignature = (kid: string) =>
  new LicenceRefusal(
    `The signature by key ${kid} does not fit the document: one of the two was changed after signing.`,
    {
      code: 'DOCUMENT_SIGNATURE_WRONG',
      hint: 'Get the file again from the vendor. If that does not help, tell the vendor: somebody may have altered it.',
      kind: 'unverified',
    },
  )

const otherKind = (kind: DocumentKind, expected: readonly DocumentKind[]) =>
  new LicenceRefusal(
    `The file holds a document of the kind ${LABELS[kind]}; expected was ${expected.map((one) => LABELS[one]).join(' or ')}.`,
    {
      code: 'DOCUMENT_KIND',
      hint: 'Give the other file, or use the command that takes this kind.',
      kind: 'unreadable',
    },
  )

const otherKey = (kid: string) =>
  new LicenceRefusal(`kid: ${kid} is not the installation that the document speaks of.`, {
    code: 'REQUEST_KEY_DIFFERS',
    hint: 'Ask the customer for a new request (`domicile license request`).',
    kind: 'unverified',
  })

const fromFuture = (iat: number, now: Date) =>
  new LicenceRefusal(
    `iat: the document was made at ${new Date(iat * 1000).toISOString()}, and here it is ${now.toISOString()}.`,
    {
      code: 'DOCUMENT_FROM_FUTURE',
      hint: 'Set the clock of this server right; if it is right, the vendor’s was wrong and the document must be made anew.',
      kind: 'unverified',
    },
  )

const revokedLicence = (version: number) =>
  new LicenceRefusal(`jti: the vendor has revoked this licence in its key list ${version}.`, {
    code: 'LICENCE_REVOKED',
    hint: 'Ask the vendor for the licence that takes its place.',
  })
