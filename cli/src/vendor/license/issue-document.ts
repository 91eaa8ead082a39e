import { randomUUID } from 'node:crypto'
import { LicenceRefusal } from '@domicile/license'
import {
  type Claims,
  type LicenceTrust,
  signDocument,
  type VendorKind,
  type VerifiedDocument,
  verifyDocument,
} from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { PublicKey, SecretKey } from '@domicile/stacks/release'
import { writeNew } from '../../given-file.ts'
import { documentLines } from './document-text.ts'
import { anchorOf, type Exchange } from './exchange.ts'

/** What every document of the vendor begins with. */
export const opening = (now: Date, iss: string) => ({
  jti: randomUUID(),
  iss,
  iat: Math.floor(now.getTime() / 1000),
})

export interface Issued<K extends VendorKind> {
  readonly file: string
  readonly kind: K
  readonly keyId: string
  readonly sha256: string
  readonly claims: Claims<K>
  /** The counter-signature that stands beside it in the file; null: it answers nothing that an installation sent. */
  readonly anchor: Claims<'anchor'> | null
  /** For people, a line each. */
  readonly lines: readonly string[]
}

/**
 * Signs a document, reads it back as an appliance will, and only then writes it: mode 0644, never over another file.
 * @param exchange what it answers: the record of that installation is counter-signed beside it
 * @throws UserError DOCUMENT_INVALID when no appliance would take it, FILE_NOT_WRITTEN
 */
export async function issueDocument<K extends VendorKind>(
  kind: K,
  claims: Claims<K>,
  { signer, out, now, exchange = null }: Signing,
): Promise<Issued<K>> {
  const { publicKey } = signer
  const document = signed(kind, claims, signer, now)
  const { verified } = document
  const anchored = exchange && signed('anchor', { ...opening(now, claims.iss), ...anchorOf(exchange) }, signer, now)
  const lines = [verified, anchored?.verified].flatMap((one) => (one ? documentLines(one as VerifiedDocument) : []))
  const file = out ?? fileName(kind, claims)
  const text = [
    ...lines,
    '',
    'This summary is for people. What counts is the signed text below.',
    '',
    document.armoured,
    ...(anchored ? [anchored.armoured] : []),
  ].join('\n')
  await writeNew(file, text)
  const { sha256 } = verified
  const anchor = anchored?.verified.claims ?? null
  return { file, kind, keyId: publicKey.keyId, sha256, claims: verified.claims as Claims<K>, anchor, lines }
}

interface Signing {
  readonly signer: SecretKey
  readonly out: string | undefined
  readonly now: Date
  readonly exchange?: Exchange | null
}

function signed<K extends VendorKind>(
  kind: K,
  claims: Claims<K>,
  { publicKey, key: privateKey }: SecretKey,
  now: Date,
) {
  const armoured = acceptable(() => signDocument(kind, claims, { kid: publicKey.keyId, privateKey }))
  return { armoured, verified: verifyDocument(armoured, [kind], trustIn([publicKey]), now) }
}

/** What a command says and returns after `issueDocument`. */
export function report({ lines, file, keyId }: Issued<VendorKind>): string {
  return [...lines, '', `Written: ${file}, signed by key ${keyId}`].join('\n')
}

export const printed = ({ lines: _, ...issued }: Issued<VendorKind>) => issued

/** Trust in these keys alone, at any time. */
export const trustIn = (keys: readonly PublicKey[]): LicenceTrust => ({
  vendorKeys: keys.map((key) => ({ kid: key.keyId, publicKey: rawKey(key), from: null, until: null })),
  list: null,
})

/** The 32 bytes of an Ed25519 key in base64url. */
export const rawKey = ({ key }: PublicKey): string => key.export({ format: 'jwk' }).x ?? ''

function fileName(kind: VendorKind, claims: Claims<VendorKind>): string {
  const of = 'contract' in claims ? [claims.contract, claims.seq] : [claims.jti.slice(0, 8)]
  return `${[kind, ...of].join('-').replaceAll(/[^A-Za-z0-9._-]/g, '-')}.lic`
}

/** The same refusal as the customer’s, with what the one who writes the document can do about it. */
function acceptable(sign: () => string): string {
  try {
    return sign()
  } catch (error) {
    if (!(error instanceof LicenceRefusal)) throw error
    throw new UserError(`No appliance would take this document. ${error.message}`, {
      code: 'DOCUMENT_INVALID',
      hint: 'Correct what is named above. Nothing was written.',
      exitCode: ExitCode.Usage,
    })
  }
}
