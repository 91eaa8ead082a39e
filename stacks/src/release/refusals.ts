import { ExitCode, UserError } from '../kernel/index.ts'

/** Every reason to refuse a release file: what was found, what it means, what to do. There is no way around any of them. */

const AGAIN = 'Get the file again from the vendor and compare its size; nothing was changed here.'
const TELL = 'Get the file again from the vendor. If that does not help, tell the vendor: somebody may have altered it.'

const unverified = (code: string, message: string, hint: string): UserError =>
  new UserError(message, { code, hint, exitCode: ExitCode.Unverified })

export const unrecognised = (why: string): UserError =>
  unverified('RELEASE_UNRECOGNISED', `This is not a release file, or its beginning is damaged: ${why}.`, AGAIN)

export const unsigned = (): UserError =>
  unverified(
    'RELEASE_UNSIGNED',
    'The release is not signed, so nobody vouches for its content.',
    'Ask the vendor for the signed release; `domicile vendor release build` always signs.',
  )

export const truncated = (has: number, wanted?: number): UserError =>
  unverified(
    'RELEASE_TRUNCATED',
    wanted === undefined
      ? `The file ends too early, after ${has} bytes: the copy or download was not complete.`
      : `The file ends too early: it has ${has} of ${wanted} bytes. The copy or download was not complete.`,
    AGAIN,
  )

export const altered = (entry: string, why: string): UserError =>
  unverified('RELEASE_ALTERED', `${entry} is not as the vendor signed it: ${why}.`, TELL)

export const unlisted = (entry: string): UserError =>
  unverified('RELEASE_FILE_UNLISTED', `The release holds ${entry}, which the vendor did not sign.`, TELL)

export const missing = (entry: string): UserError =>
  unverified('RELEASE_FILE_MISSING', `The release lacks ${entry}, which the vendor signed as a part of it.`, TELL)

export const trailing = (bytes: number): UserError =>
  unverified('RELEASE_TRAILING_DATA', `The file goes on for ${bytes} bytes after its end.`, TELL)

export const tooLarge = (entry: string, sizeBytes: number, limitBytes: number): UserError =>
  unverified('RELEASE_TOO_LARGE', `${entry} claims ${sizeBytes} bytes; at most ${limitBytes} are allowed.`, TELL)

export const contradictory = (why: string): UserError =>
  unverified(
    'RELEASE_CONTRADICTORY',
    `The release is signed, but contradicts itself: ${why}.`,
    'Tell the vendor: the release must be built again.',
  )

export const changedMeanwhile = (entry: string): UserError =>
  unverified(
    'RELEASE_CHANGED',
    `${entry} changed after it was verified: something wrote to the release file while it was being read.`,
    'Copy the release to a place where nothing else writes, and run the command again.',
  )

export const keyUnknown = (keyId: string, trusted: readonly string[]): UserError =>
  unverified(
    'RELEASE_KEY_UNKNOWN',
    `The release is signed with key ${keyId}; this appliance trusts ${trusted.join(', ')}.`,
    'Ask the vendor over another channel (contract, telephone) which key signs its releases and compare the fingerprint. ' +
      'After a change of key the vendor’s newer releases carry a key list signed by the old one: get a newer release.',
  )

export const keyOutOfTime = (keyId: string, why: string): UserError =>
  unverified(
    'RELEASE_KEY_EXPIRED',
    `The release is signed with key ${keyId}, which ${why}.`,
    'Check the clock of this machine. If it is right, get a release that is signed with the vendor’s current key.',
  )

export const keyListInvalid = (why: string): UserError =>
  unverified('KEY_LIST_INVALID', `The vendor’s key list cannot be trusted: ${why}.`, TELL)

export const newerFormat = (format: unknown): UserError =>
  new UserError(`The release has format ${format}; this domicile reads format 1.`, {
    code: 'RELEASE_FORMAT_NEWER',
    hint: 'Install the newer domicile that the vendor delivers with the release, then run the command again.',
  })
