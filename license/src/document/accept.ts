import { LicenceRefusal } from '../refusal.ts'
import type { Claims, LicenceClaims } from './claims.ts'
import type { VerifiedDocument } from './verify.ts'

/** What came in before; plain data, to be kept as JSON. */
export interface Held {
  /** As it was signed: renewals and receipts are beside it, not in it. */
  readonly licence: { readonly claims: LicenceClaims; readonly sha256: string } | null
  /** Every document that was ever accepted, oldest first. */
  readonly documents: readonly HeldDocument[]
}

export interface HeldDocument {
  readonly kind: AcceptedKind
  readonly jti: string
  /** Of the decoded content. */
  readonly sha256: string
  readonly contract: string
  readonly seq: number
}

/** What belongs to a contract and is numbered in its series. */
export type AcceptedKind = 'licence' | 'renewal' | 'order' | 'receipt'

export interface Place {
  /** Name of the stack that is installed. */
  readonly product: string
  /** UUID of the installation. */
  readonly installation: string
  /** Whether the licence of another contract may take the place of the one held. */
  readonly replace?: boolean
}

export const NOTHING_HELD: Held = { licence: null, documents: [] }

/** The highest number seen of a contract; 0 before the first. It stays known after another contract took its place. */
export const seqSeen = ({ documents }: Held, contract: string): number =>
  documents.reduce((most, { contract: of, seq }) => (of === contract ? Math.max(most, seq) : most), 0)

/**
 * Takes over a verified document. Numbers of a contract only grow; what was accepted before changes nothing when it comes
 * again; a refusal leaves everything as it was.
 * @returns what is held from now on; `held` itself when the document was held already
 * @throws LicenceRefusal DOCUMENT_OLDER, SEQUENCE_TAKEN, CONTRACT_OTHER, PRODUCT_OTHER, INSTALLATION_OTHER, LICENCE_MISSING,
 *   RENEWAL_OTHER_LICENCE, RENEWAL_TOO_EARLY
 */
export function acceptDocument(held: Held, document: VerifiedDocument<AcceptedKind>, place: Place): Held {
  const { kind, claims, sha256 } = document
  if (held.documents.some((known) => known.kind === kind && known.sha256 === sha256)) return held
  checkSequence(held, claims)
  if (document.kind === 'licence') checkLicence(held, document.claims, place)
  else checkBelongs(held, document)
  const { jti, contract, seq } = claims
  return {
    licence: document.kind === 'licence' ? { claims: document.claims, sha256 } : held.licence,
    documents: [...held.documents, { kind, jti, sha256, contract, seq }],
  }
}

function checkSequence(held: Held, { contract, seq }: { contract: string; seq: number }): void {
  const seen = seqSeen(held, contract)
  if (seq < seen) throw older(contract, seq, seen)
  if (seq === seen) throw taken(contract, seq)
}

function checkLicence({ licence }: Held, claims: LicenceClaims, place: Place): void {
  if (claims.product !== place.product) throw otherProduct(claims.product, place.product)
  if (claims.installation !== null && claims.installation !== place.installation) {
    throw otherInstallation(claims.installation, place.installation)
  }
  if (licence && licence.claims.contract !== claims.contract && !place.replace) {
    throw otherContract(claims.contract, licence.claims.contract, 'Add --replace if the new contract takes its place.')
  }
}

function checkBelongs({ licence }: Held, { kind, claims }: VerifiedDocument<'renewal' | 'order' | 'receipt'>): void {
  if (!licence) throw noLicence(kind)
  if (claims.contract !== licence.claims.contract) {
    throw otherContract(claims.contract, licence.claims.contract, 'Give the document of the contract that is held.')
  }
  if (kind === 'renewal') checkRenewal(licence.claims, claims as Claims<'renewal'>)
}

function checkRenewal({ jti, term }: LicenceClaims, { licence, until }: Claims<'renewal'>): void {
  if (licence !== jti) throw otherLicence(licence, jti)
  if (until && until < term.from) throw tooEarly(until, term.from)
}

const STAYS = 'What was in force stays in force.'

const older = (contract: string, seq: number, seen: number) =>
  new LicenceRefusal(`seq: document ${seq} of contract ${contract} is older than ${seen}, which came in before.`, {
    code: 'DOCUMENT_OLDER',
    hint: `Nothing is to be done if this is an old file; otherwise ask the vendor for one with a number above ${seen}.`,
  })

const taken = (contract: string, seq: number) =>
  new LicenceRefusal(`seq: another document ${seq} of contract ${contract} came in before.`, {
    code: 'SEQUENCE_TAKEN',
    hint: `Ask the vendor for one with a number above ${seq}. ${STAYS}`,
  })

const otherContract = (contract: string, held: string, hint: string) =>
  new LicenceRefusal(`contract: the document is of contract ${contract}; held is ${held}.`, {
    code: 'CONTRACT_OTHER',
    hint,
  })

const otherProduct = (product: string, installed: string) =>
  new LicenceRefusal(`product: the licence is for ${product}; installed is ${installed}.`, {
    code: 'PRODUCT_OTHER',
    hint: `Give the licence of this product, or name the other appliance with --name. ${STAYS}`,
  })

const otherInstallation = (installation: string, here: string) =>
  new LicenceRefusal(`installation: the document is for installation ${installation}; this one is ${here}.`, {
    code: 'INSTALLATION_OTHER',
    hint: `Send the vendor a request of this one (\`domicile license request\`). ${STAYS}`,
  })

const noLicence = (kind: string) =>
  new LicenceRefusal(`There is no licence yet for which this ${kind} could count.`, {
    code: 'LICENCE_MISSING',
    hint: 'Bring in the licence first; one file may hold both.',
  })

const otherLicence = (licence: string, held: string) =>
  new LicenceRefusal(`licence: the renewal is of licence ${licence}; held is ${held}.`, {
    code: 'RENEWAL_OTHER_LICENCE',
    hint: `Ask the vendor to renew the licence that is held. ${STAYS}`,
  })

const tooEarly = (until: string, from: string) =>
  new LicenceRefusal(`until: the renewal ends on ${until}, before the licence begins on ${from}.`, {
    code: 'RENEWAL_TOO_EARLY',
    hint: `Ask the vendor for a corrected renewal. ${STAYS}`,
  })
