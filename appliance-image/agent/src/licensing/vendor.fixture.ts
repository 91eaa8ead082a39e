import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Claims, type DocumentKind, signDocument } from '@domicile/license/document'

/** A vendor with a key, and what it signs. */

export const KID = 'A1B2C3D4E5F60718'
const pair = generateKeyPairSync('ed25519')
export const publicKey = pair.publicKey.export({ format: 'jwk' }).x ?? ''
export const VENDOR_KEYS = [{ kid: KID, publicKey, from: null, until: null }]

export const termsText = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../../../license/terms/${name}.yaml`), 'utf8')
export const termsOf = (name: string) => {
  const text = termsText(name)
  return { name, version: 1, sha256: createHash('sha256').update(text).digest('hex'), text }
}

export const signed = <K extends DocumentKind>(kind: K, claims: Claims<K>) =>
  signDocument(kind, claims, { kid: KID, privateKey: pair.privateKey })

export const stamped = (now: Date) => ({ jti: randomUUID(), iss: 'Vendor', iat: Math.floor(now.getTime() / 1000) })

/** Of the contract `erp-on-premises` for ten users, from the first of January on. */
export const licence = (now: Date, seq: number, changes: Partial<Claims<'licence'>> = {}) =>
  signed('licence', {
    ...stamped(now),
    contract: 'C-1',
    seq,
    customer: { name: 'Customer', taxNumber: 'SI12345678' },
    locations: [],
    product: 'erp',
    purpose: 'production',
    installation: null,
    modules: {},
    limits: { users: { max: 10, behaviour: 'refuse' } },
    trial: false,
    term: { from: '2026-01-01', until: null },
    maintenanceUntil: null,
    paidThrough: null,
    terms: termsOf('erp-on-premises'),
    feed: null,
    ...changes,
  })
