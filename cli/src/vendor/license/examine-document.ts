import { createHash } from 'node:crypto'
import {
  type DocumentKind,
  parseDocument,
  readClaims,
  VENDOR_KINDS,
  verifyDocument,
  verifyRequest,
} from '@domicile/license/document'
import { keyFingerprint, type PublicKey } from '@domicile/stacks/release'
import { labelled } from '../../screen/columns.ts'
import { documentLines } from './document-text.ts'
import { trustIn } from './issue-document.ts'

export interface Examined {
  readonly kind: DocumentKind
  /** Whether somebody who may has signed it; false also when no key was given to check with. */
  readonly verified: boolean
  readonly keyId: string
  readonly sha256: string
  readonly claims: unknown
  readonly warnings: readonly string[]
  /** For people. */
  readonly lines: readonly string[]
}

/**
 * @param keys of the vendor; without any, its documents are read and not verified
 * @throws LicenceRefusal when a signature that can be checked does not hold
 */
export function examineDocument(text: string, keys: readonly PublicKey[], now: Date): Examined {
  const { kind } = parseDocument(text)
  const report = kind === 'request' || kind === 'usage'
  if (!report && keys.length === 0) return unchecked(text)
  const verified = report ? verifyRequest(text, now) : verifyDocument(text, VENDOR_KINDS, trustIn(keys), now)
  const by = keys.find(({ keyId }) => keyId === verified.kid)
  const signature = by
    ? `holds: key ${by.keyId}, fingerprint ${keyFingerprint(by)}`
    : 'holds: made with the key that the document carries'
  const lines = [...documentLines(verified), labelled('Signature', signature), ...warningsOf(verified.warnings)]
  const { kid, ...rest } = verified
  return { ...rest, keyId: kid, verified: true, lines }
}

/** Shows what it can of a document that nothing vouches for, also when a later version made it. */
function unchecked(text: string): Examined {
  const { kind, header, payload, unverified } = parseDocument(text)
  const { claims, problems, unknown } = readClaims(kind, unverified)
  const warnings = [...problems, ...unknown.map((name) => `${name}: not known to this version`)]
  const said = claims
    ? documentLines({ kind, claims } as Parameters<typeof documentLines>[0])
    : [labelled('Kind', kind), ...JSON.stringify(unverified, null, 2).split('\n')]
  return {
    ...{ kind, verified: false, keyId: header.kid, warnings },
    sha256: createHash('sha256').update(payload).digest('hex'),
    claims: claims ?? unverified,
    lines: [
      ...said,
      labelled('Signature', `NOT CHECKED: it names key ${header.kid}; give the vendor’s public key with --vendor-key`),
      ...warningsOf(warnings),
    ],
  }
}

const warningsOf = (warnings: readonly string[]) => warnings.map((warning) => labelled('Warning', warning))
