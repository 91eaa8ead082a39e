import { LicenceRefusal } from '../refusal.ts'
import type { Claims } from './claims.ts'
import type { LicenceTrust } from './trust.ts'
import { verifyWith } from './verify.ts'

/**
 * Takes over a list of the keys that sign from now on. A pinned key must have signed it: a key that was only named by a list
 * cannot name keys. The list that is held already changes nothing; an older one, shown again, brings no key back.
 * @param armoured a document of the kind `keys`
 * @returns the new trust; `trust` itself when it held the list already
 * @throws LicenceRefusal KEY_LIST_OLDER, KEY_LIST_TAKEN, KEY_LIST_PINNED, and as `verifyDocument`
 */
export function acceptKeyList(trust: LicenceTrust, armoured: string, now: Date): LicenceTrust {
  const { claims: list } = verifyWith(armoured, ['keys'], trust, trust.vendorKeys, now)
  const held = trust.list
  if (held && sameText(held, list)) return trust
  if (held && list.version === held.version) throw taken(list.version)
  if (held && list.version < held.version) throw older(list.version, held.version)
  const pinned = trust.vendorKeys.find(({ kid, publicKey }) =>
    list.keys.some((named) => named.kid === kid && named.publicKey !== publicKey),
  )
  if (pinned) throw otherPinned(pinned.kid)
  return { ...trust, list }
}

const sameText = (a: Claims<'keys'>, b: Claims<'keys'>): boolean => JSON.stringify(a) === JSON.stringify(b)

const older = (version: number, held: number) =>
  new LicenceRefusal(`version: the key list ${version} is older than ${held}, which is in force.`, {
    code: 'KEY_LIST_OLDER',
    hint: 'Nothing is to be done: the newer list stays in force.',
  })

const taken = (version: number) =>
  new LicenceRefusal(`version: another key list ${version} is in force already.`, {
    code: 'KEY_LIST_TAKEN',
    hint: 'Ask the vendor for a list with a higher number.',
  })

const otherPinned = (kid: string) =>
  new LicenceRefusal(`keys: the list gives the pinned key ${kid} another value.`, {
    code: 'KEY_LIST_PINNED',
    hint: 'Ask the vendor: a new key has a key id of its own.',
    kind: 'unverified',
  })
