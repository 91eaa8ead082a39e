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
  const counted = { users: usage.users, sessions: usage.sessions, ...usage.meters }
  const numbers = Object.entries(counted).filter((entry): entry is [string, number] => entry[1] !== null)
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
    usage: Object.fromEntries(numbers),
    chain,
  }
}
