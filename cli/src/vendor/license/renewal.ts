import { type LicenceClaims, type Limits, parseDocument, readClaims, verifyDocument } from '@domicile/license/document'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { PublicKey } from '@domicile/stacks/release'
import { trustIn } from './issue-document.ts'

/**
 * Reads a licence of one's own. One that another key of the vendor's has signed is read too, with a warning: an appliance
 * refuses a renewal of a licence that it does not hold, so nothing can come of an altered file.
 * @throws UserError NOT_A_LICENCE; LicenceRefusal
 */
export function readIssuedLicence(
  text: string,
  key: PublicKey,
  now: Date,
): { claims: LicenceClaims; warning: string | null } {
  const { kind, header, unverified } = parseDocument(text)
  if (kind === 'licence' && header.kid === key.keyId) {
    return { claims: verifyDocument(text, ['licence'], trustIn([key]), now).claims, warning: null }
  }
  const { claims } = readClaims('licence', unverified)
  if (kind !== 'licence' || !claims) {
    throw new UserError('The file holds no licence that this version can read.', {
      code: 'NOT_A_LICENCE',
      hint: 'Give the file that `domicile vendor license issue` wrote.',
      exitCode: ExitCode.Usage,
    })
  }
  return { claims, warning: `the licence is signed with key ${header.kid}; its signature was not checked` }
}

/**
 * Only the limits that change: an appliance keeps the others, which earlier renewals may have moved.
 * @throws UserError LIMIT_UNKNOWN when the licence has no such limit, whose behaviour could be taken over
 */
export function renewedLimits(
  { limits }: LicenceClaims,
  { users, sessions }: { users?: number | undefined; sessions?: number | undefined },
): Limits | undefined {
  if (users === undefined && sessions === undefined) return undefined
  return {
    ...(users !== undefined && { users: { ...known(limits.users, 'users'), max: users } }),
    ...(sessions !== undefined && { sessions: { ...known(limits.sessions, 'sessions'), max: sessions } }),
  }
}

function known<T>(limit: T | undefined, name: string): T {
  if (limit !== undefined) return limit
  throw new UserError(`The licence does not limit ${name}, so there is nothing to change.`, {
    code: 'LIMIT_UNKNOWN',
    hint: 'Issue a new licence with this limit (`domicile vendor license issue`).',
    exitCode: ExitCode.Usage,
  })
}
