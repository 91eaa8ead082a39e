import { randomUUID } from 'node:crypto'
import type { Chain, Claims, LicenceClaims } from '@domicile/license/document'
import type { Usage } from '@domicile/license/standing'
import type { Installation } from './installation.ts'

export interface RequestParts {
  readonly installation: Installation
  readonly product: { readonly name: string; readonly version: string }
  readonly purpose: Claims<'request'>['purpose']
  /** In force now. */
  readonly licence: LicenceClaims | null
  readonly usage: Usage
  readonly chain: Chain
  readonly at: Date
}

/** What an installation says of itself to its vendor: numbers, and where its record stands. */
export function requestClaims(parts: RequestParts): Claims<'request'> {
  const { installation, product, purpose, licence, usage, chain, at } = parts
  return {
    jti: randomUUID(),
    iss: 'installation',
    iat: Math.floor(at.getTime() / 1000),
    installation: { id: installation.id, publicKey: installation.publicKey },
    product: product.name,
    version: product.version,
    purpose,
    contract: licence?.contract ?? null,
    seq: licence?.seq ?? null,
    usage: numbersOf(usage),
    chain,
  }
}

/** What a document may name, and how much of it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/
const MOST_NUMBERS = 200

/** How many there are now, by name: whatever is known of it. */
export function numbersOf({ users, sessions, meters }: Usage): Claims<'request'>['usage'] {
  const known = Object.entries({ users, sessions, ...meters }).filter(
    (entry): entry is [string, number] => Number.isFinite(entry[1]) && NAME.test(entry[0]),
  )
  return Object.fromEntries(known.slice(0, MOST_NUMBERS))
}
