import { type KeyObject, sign } from 'node:crypto'
import { LicenceRefusal } from '../refusal.ts'
import { type Armoured, armour, armouredIn, quoted, unreadable } from './armour.ts'
import { checkClaims } from './check-claims.ts'
import { type Claims, DOCUMENT_TYPES, type DocumentKind } from './claims.ts'
import { parseStrictJson } from './strict-json.ts'

/**
 * A document is a JWS in compact form (RFC 7515) signed with Ed25519 (RFC 8037) and nothing else; any tool that reads JSON
 * Web Tokens can check it. Its header says exactly three things: `alg`, `typ` (the kind of document) and `kid` (the key).
 */
export interface ParsedDocument {
  readonly kind: DocumentKind
  readonly header: { readonly alg: 'EdDSA'; readonly typ: string; readonly kid: string }
  /** What was signed: header and content in base64url with a dot between them. */
  readonly signed: Buffer
  readonly signature: Buffer
  readonly payload: Buffer
  /** What the document says, proven by nothing yet. */
  readonly unverified: Readonly<Record<string, unknown>>
}

const SIGNATURE_BYTES = 64

/**
 * @param kid id of the key: sixteen hexadecimal digits of a vendor's key, or the UUID of an installation
 * @returns the armoured document
 * @throws LicenceRefusal CLAIM_WRONG, CLAIMS_CONTRADICT, TERMS_ALTERED: what nobody would accept is not signed
 */
export function signDocument<K extends DocumentKind>(
  kind: K,
  claims: Claims<K>,
  { kid, privateKey }: { kid: string; privateKey: KeyObject },
): string {
  const header = { alg: 'EdDSA', typ: DOCUMENT_TYPES[kind], kid }
  const checked = checkClaims(kind, claims)
  const signed = [header, checked.claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return armour(kind, `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`)
}

/**
 * Reads one armoured document; believes nothing of it.
 * @throws LicenceRefusal DOCUMENT_UNREADABLE, DOCUMENT_TOO_LARGE, DOCUMENT_MISSING, DOCUMENTS_TOO_MANY, DOCUMENT_HEADER
 */
export function parseDocument(text: string): ParsedDocument {
  const [armoured, another] = armouredIn(text)
  if (!armoured) throw new RangeError('unreachable: without a document it was refused')
  if (another) throw unreadable(another.firstLine, 'a second document begins, and only one was expected')
  return parseToken(armoured)
}

function parseToken({ kind, token, firstLine, lastLine }: Armoured): ParsedDocument {
  const parts = token.split('.')
  const where = `${firstLine} to ${lastLine}`
  if (parts.length !== 3) throw malformed(where, `a document has three parts, and this has ${parts.length}`)
  const [header, payload, signature] = parts.map((part) => decode(part, where)) as [Buffer, Buffer, Buffer]
  if (signature.length !== SIGNATURE_BYTES) throw malformed(where, `its signature has ${signature.length} bytes`)
  return {
    kind,
    header: checkHeader(parseStrictJson(header, 'its header'), kind),
    signed: Buffer.from(token.slice(0, token.lastIndexOf('.'))),
    signature,
    payload,
    unverified: parseStrictJson(payload, 'its content'),
  }
}

/** One text for one content: the decoder would also take what no encoder writes. */
function decode(part: string, where: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== part) throw malformed(where, 'it is not in base64url')
  return bytes
}

function checkHeader(header: Record<string, unknown>, kind: DocumentKind): ParsedDocument['header'] {
  const { alg, typ, kid, ...rest } = header
  const [extra] = Object.keys(rest)
  if (extra !== undefined) throw badHeader(`it says ${quoted(extra)}`)
  if (alg !== 'EdDSA') throw badHeader(`alg: must be EdDSA, not ${quoted(alg)}`)
  if (typ !== DOCUMENT_TYPES[kind]) throw badHeader(`typ: must be ${DOCUMENT_TYPES[kind]} here, not ${quoted(typ)}`)
  if (typeof kid !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(kid))
    throw badHeader(`kid: no key is called ${quoted(kid)}`)
  return { alg, typ: DOCUMENT_TYPES[kind], kid }
}

const malformed = (where: string, why: string) =>
  new LicenceRefusal(`Lines ${where} of the file: ${why}.`, {
    code: 'DOCUMENT_UNREADABLE',
    hint: 'Take the file as the vendor sent it, as an attachment and not as text, and try again.',
    kind: 'unreadable',
  })

const badHeader = (why: string) =>
  new LicenceRefusal(`The header of the document is none that a vendor’s program writes. ${why}.`, {
    code: 'DOCUMENT_HEADER',
    hint: 'Get the file again from the vendor. If that does not help, tell the vendor: somebody may have altered it.',
    kind: 'unverified',
  })
