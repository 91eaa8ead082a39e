import {
  type Claims,
  type LicenceClaims,
  type Limits,
  parseDocument,
  readClaims,
  splitDocuments,
  verifyDocument,
} from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { PublicKey } from '@domicile/stacks/release'
import { trustIn } from './issue-document.ts'

/**
 * Reads a licence of one's own; its file may hold a counter-signature beside it. One that another key of the vendor's has signed is read too, with a warning: an appliance
 * refuses a renewal of a licence that it does not hold, so nothing can come of an altered file.
 * @throws UserError NOT_A_LICENCE; LicenceRefusal
 */
export function readIssuedLicence(
  text: string,
  key: PublicKey,
  now: Date,
): { claims: LicenceClaims; warning: string | null } {
  const licence = splitDocuments(text).findLast((document) => parseDocument(document).kind === 'licence')
  if (!licence) throw notALicence()
  const { header, unverified } = parseDocument(licence)
  if (header.kid === key.keyId) {
    return { claims: verifyDocument(licence, ['licence'], trustIn([key]), now).claims, warning: null }
  }
  const { claims } = readClaims('licence', unverified)
  if (!claims) throw notALicence()
  return { claims, warning: `the licence is signed with key ${header.kid}; its signature was not checked` }
}

export interface Renewed {
  readonly seq: number
  readonly until?: string | null | undefined
  readonly maintenanceUntil?: string | undefined
  readonly paidThrough?: string | undefined
  readonly users?: number | undefined
  readonly sessions?: number | undefined
}

/**
 * The claims of a renewal beside its opening. Of the limits only those that change: an appliance keeps the others, which
 * earlier renewals may have moved.
 * @throws UserError NOTHING_RENEWED, SEQUENCE_NOT_ABOVE; LIMIT_UNKNOWN when the licence has no such limit, whose behaviour
 *   could be taken over
 */
export function renewalOf(
  licence: LicenceClaims,
  { users, sessions, ...dates }: Renewed,
): Omit<Claims<'renewal'>, Opening> {
  const { jti, contract, limits } = licence
  const changed = [users, sessions, dates.until, dates.maintenanceUntil, dates.paidThrough]
  if (changed.every((value) => value === undefined)) throw nothing()
  if (dates.seq <= licence.seq) throw notAbove(dates.seq, licence.seq)
  const renewed: Limits = {
    ...(users !== undefined && { users: { ...known(limits.users, 'users'), max: users } }),
    ...(sessions !== undefined && { sessions: { ...known(limits.sessions, 'sessions'), max: sessions } }),
  }
  return { licence: jti, contract, ...dates, ...(Object.keys(renewed).length > 0 && { limits: renewed }) }
}

type Opening = 'jti' | 'iss' | 'iat'

function known<T>(limit: T | undefined, name: string): T {
  if (limit !== undefined) return limit
  throw usage(
    'LIMIT_UNKNOWN',
    `The licence does not limit ${name}, so there is nothing to change.`,
    'Issue a new licence with this limit (`domicile vendor license issue`).',
  )
}

const notALicence = () =>
  usage(
    'NOT_A_LICENCE',
    'The file holds no licence that this version can read.',
    'Give the file that `domicile vendor license issue` wrote.',
  )

const nothing = () =>
  usage('NOTHING_RENEWED', 'Nothing is renewed.', 'Name at least one date or number that changes, such as --until.')

const notAbove = (seq: number, licence: number) =>
  usage(
    'SEQUENCE_NOT_ABOVE',
    `seq: ${seq} is not above the number of the licence, ${licence}; every appliance would refuse it.`,
    'Give a number above those of all documents of this contract.',
  )

const usage = (code: string, message: string, hint: string) =>
  new UserError(message, { code, hint, exitCode: ExitCode.Usage })
