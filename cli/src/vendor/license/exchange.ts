import {
  type Claims,
  type LicenceClaims,
  type ReportKind,
  type VerifiedDocument,
  verifyRequest,
} from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { readGiven } from '../../given-file.ts'

/** What an installation sent of itself, and the vendor answers with a signed document. */
export type Exchange = VerifiedDocument<ReportKind>

/**
 * The request or usage report that `--request` names.
 * @throws UserError NO_FILE; LicenceRefusal when its signature does not hold
 */
export const readExchange = async (file: string | undefined, now: Date): Promise<Exchange | null> =>
  file === undefined ? null : verifyRequest(await readGiven(file), now)

/** Says where a record stood when it came in. */
export interface Sent {
  readonly kind: ReportKind
  readonly claims: Pick<Claims<'request'>, 'installation' | 'chain'>
}

/** Counter-signs where the installation's record stood; beside the opening. */
export const anchorOf = ({ kind, claims: { installation, chain } }: Sent): Omit<Claims<'anchor'>, Opening> => ({
  installation: installation.id,
  ...{ genesis: chain.genesis, length: chain.length, head: chain.head },
  with: kind,
})

type Opening = 'jti' | 'iss' | 'iat'

/**
 * Whether what was sent is of the contract that the document is about, and of the installation that the licence names.
 * @throws UserError EXCHANGE_DIFFERS, EXCHANGE_SEQUENCE
 */
export function checkExchange(
  { claims }: Exchange,
  { contract, seq }: { contract: string; seq: number },
  licence: Pick<LicenceClaims, 'installation' | 'product'> | null = null,
): void {
  if (licence?.installation && licence.installation !== claims.installation.id) {
    throw differs('installation', licence.installation, claims.installation.id)
  }
  if (licence && licence.product !== claims.product) throw differs('product', licence.product, claims.product)
  if (claims.contract !== null && claims.contract !== contract) throw differs('contract', contract, claims.contract)
  checkUnseen(claims, { contract, seq })
}

/**
 * Whether the customer will take a document with this number.
 * @throws UserError EXCHANGE_SEQUENCE
 */
export function checkUnseen(
  sent: Pick<Claims<'request'>, 'contract' | 'seq'>,
  { contract, seq }: { contract: string; seq: number },
): void {
  if (sent.contract === contract && sent.seq !== null && seq <= sent.seq) throw tooLow(seq, sent.seq)
}

const differs = (name: string, wanted: string, sent: string) =>
  new UserError(`${name}: the document is about ${wanted}, the request about ${sent}.`, {
    code: 'EXCHANGE_DIFFERS',
    hint: 'Give the request of this customer’s installation. Nothing was written.',
    exitCode: ExitCode.Usage,
  })

const tooLow = (seq: number, seen: number) =>
  new UserError(`seq: the customer has document ${seen} of this contract already, so ${seq} would be refused.`, {
    code: 'EXCHANGE_SEQUENCE',
    hint: `Give a number above ${seen}.`,
    exitCode: ExitCode.Usage,
  })
