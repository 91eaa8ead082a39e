import { randomUUID } from 'node:crypto'
import { type LicenceClaims, signDocument } from '@domicile/license/document'
import { generateKeyPair, type PublicKey } from '@domicile/stacks/release'
import { urgentOrder } from './route.ts'

const CONTRACT = 'SELFTEST'
const VENDOR = 'Self-test'
const HALF_A_YEAR_MS = 182 * 24 * 3600 * 1000

/**
 * A vendor for one scratch copy and for nothing else: its key is made here, is pinned by that copy alone and is never
 * written down.
 */
export class ScratchVendor {
  readonly #key = generateKeyPair()
  #seq = 0

  get publicKey(): PublicKey {
    return this.#key.publicKey
  }

  licence(claims: LicenceClaims): string {
    return this.#sign('licence', { ...claims, ...this.#numbered(), contract: CONTRACT })
  }

  order(action: 'suspend' | 'terminate'): string {
    return this.#sign('order', { ...this.#numbered(), ...urgentOrder(action, new Date().toISOString()) })
  }

  /** Sets licence time: how the scratch copy gets to later days without waiting for them. */
  unlock(installation: string, at: string): string {
    const { jti, iss, iat } = this.#numbered()
    return this.#sign('unlock', { jti, iss, iat, installation, at, reason: 'A self-test on a scratch copy.' })
  }

  #numbered() {
    this.#seq += 1
    const iat = Math.floor(Date.now() / 1000)
    return { jti: randomUUID(), iss: VENDOR, iat, contract: CONTRACT, seq: this.#seq }
  }

  #sign<K extends 'licence' | 'order' | 'unlock'>(kind: K, claims: Parameters<typeof signDocument<K>>[1]): string {
    return signDocument(kind, claims, { kid: this.#key.publicKey.keyId, privateKey: this.#key.key })
  }
}

/** A licence under these terms by which nothing is owed, nothing ends and nothing is limited. */
export function plainLicence(product: string, terms: LicenceClaims['terms'], now: Date): LicenceClaims {
  return {
    ...{ jti: randomUUID(), iss: VENDOR, iat: Math.floor(now.getTime() / 1000), contract: CONTRACT, seq: 1 },
    ...{ customer: { name: 'Self-test', taxNumber: '-' }, locations: [], product, purpose: 'test', installation: null },
    ...{ modules: {}, limits: {}, trial: false, maintenanceUntil: null, paidThrough: null, terms, feed: null },
    term: { from: new Date(now.getTime() - HALF_A_YEAR_MS).toISOString().slice(0, 10), until: null },
    contact: 'nobody, this is a self-test',
  }
}
