import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { type Claims, type LicenceTrust, signDocument } from './index.ts'

/** Keys and claims for tests. Seeds are plain words, so that every run signs the same bytes. */

export interface TestKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string
}

const idOf = (text: string) => createHash('sha256').update(text).digest('hex')
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export function testKey(name: string, kid = idOf(name).slice(0, 16).toUpperCase()): TestKey {
  const seed = createHash('sha256').update(`a key for tests alone: ${name}`).digest()
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  return { kid, privateKey, publicKey: privateKey.export({ format: 'jwk' }).x ?? '' }
}

export const vendor = testKey('vendor')
export const INSTALLATION = '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'
export const installationKey = testKey('installation', INSTALLATION)
export const NOW = new Date('2026-03-01T12:00:00Z')
export const IAT = NOW.getTime() / 1000

export const pinned = ({ kid, publicKey }: TestKey = vendor) => ({ kid, publicKey, from: null, until: null })
export const trust = (list: LicenceTrust['list'] = null): LicenceTrust => ({ vendorKeys: [pinned()], list })

const TERMS = 'name: erp-on-premises\nversion: 1\n'

export const terms = (text = TERMS) => ({ name: 'erp-on-premises', version: 1, sha256: idOf(text), text })

const common = (seq: number) => ({ jti: uuid(seq), iss: 'Vendor d.o.o.', iat: IAT, contract: 'K-17/2026', seq })

export const licence = (more: Partial<Claims<'licence'>> = {}): Claims<'licence'> => ({
  ...common(more.seq ?? 1),
  customer: { name: 'Naročnik d.o.o.', taxNumber: 'SI12345678' },
  locations: ['Ljubljana'],
  product: 'erp',
  purpose: 'production',
  installation: INSTALLATION,
  modules: { sale: { users: { max: 5, behaviour: 'refuse' }, from: '2026-01-01', until: null } },
  limits: {
    users: { max: 10, behaviour: 'refuse' },
    sessions: { max: 4, behaviour: 'refuse', reserved: 1, services: 2, idleMinutes: 20 },
    meters: { invoices: { max: 1000, behaviour: 'count', per: 'month' } },
  },
  trial: false,
  term: { from: '2026-01-01', until: '2026-12-31' },
  maintenanceUntil: '2026-12-31',
  paidThrough: '2026-03-31',
  terms: terms(),
  feed: null,
  contact: 'support@vendor.example',
  ...more,
})

export const renewal = (more: Partial<Claims<'renewal'>> = {}): Claims<'renewal'> => ({
  ...common(more.seq ?? 2),
  licence: uuid(1),
  until: '2027-12-31',
  ...more,
})

export const order = (more: Partial<Claims<'order'>> = {}): Claims<'order'> => ({
  ...common(more.seq ?? 3),
  action: 'suspend',
  reason: 'Dues are not paid despite a reminder.',
  clause: '5.9',
  effective: '2026-03-15T00:00:00Z',
  notice: { given: '2026-03-01T08:00:00Z', text: 'By registered mail.' },
  urgent: false,
  ...more,
})

export const receipt = (more: Partial<Claims<'receipt'>> = {}): Claims<'receipt'> => ({
  ...common(more.seq ?? 4),
  paidThrough: '2026-06-30',
  reference: 'SI00 2026-17',
  ...more,
})

export const keys = (more: Partial<Claims<'keys'>> = {}): Claims<'keys'> => ({
  jti: uuid(90),
  iss: 'Vendor d.o.o.',
  iat: IAT,
  version: 1,
  keys: [pinned(testKey('delegate'))],
  revokedKeys: [],
  revokedLicences: [],
  ...more,
})

export const unlock = (more: Partial<Claims<'unlock'>> = {}): Claims<'unlock'> => ({
  jti: uuid(91),
  iss: 'Vendor d.o.o.',
  iat: IAT,
  installation: INSTALLATION,
  at: '2026-03-01T12:00:00Z',
  reason: 'The clock ran a year ahead after a change of the main board.',
  ...more,
})

export const anchor = (more: Partial<Claims<'anchor'>> = {}): Claims<'anchor'> => ({
  jti: uuid(94),
  iss: 'Vendor d.o.o.',
  iat: IAT,
  installation: INSTALLATION,
  genesis: idOf('line 1'),
  length: 3,
  head: idOf('line 3'),
  with: 'request',
  ...more,
})

export const request = (more: Partial<Claims<'request'>> = {}): Claims<'request'> => ({
  jti: uuid(92),
  iss: 'erp',
  iat: IAT,
  installation: { id: INSTALLATION, publicKey: installationKey.publicKey },
  product: 'erp',
  version: '6.0.29',
  purpose: 'production',
  contract: 'K-17/2026',
  seq: 1,
  usage: { users: 9, sessions: 3 },
  chain: {
    genesis: idOf('line 1'),
    length: 3,
    head: idOf('line 3'),
    checkpoints: [{ length: 2, hash: idOf('line 2') }],
  },
  ...more,
})

export const usage = (more: Partial<Claims<'usage'>> = {}): Claims<'usage'> => ({
  ...request(),
  jti: uuid(93),
  period: { from: '2026-02-01T00:00:00Z', until: '2026-03-01T00:00:00Z' },
  report: { sha256: idOf('a report'), bytes: 20_000 },
  ...more,
})

/** One of each kind. */
export const SAMPLES = {
  licence: licence(),
  renewal: renewal(),
  order: order(),
  receipt: receipt(),
  keys: keys(),
  unlock: unlock(),
  anchor: anchor(),
  request: request(),
  usage: usage(),
} as const

export const signed = {
  licence: (more?: Partial<Claims<'licence'>>, key = vendor) => signDocument('licence', licence(more), key),
  renewal: (more?: Partial<Claims<'renewal'>>, key = vendor) => signDocument('renewal', renewal(more), key),
  order: (more?: Partial<Claims<'order'>>, key = vendor) => signDocument('order', order(more), key),
  receipt: (more?: Partial<Claims<'receipt'>>, key = vendor) => signDocument('receipt', receipt(more), key),
  keys: (more?: Partial<Claims<'keys'>>, key = vendor) => signDocument('keys', keys(more), key),
  unlock: (more?: Partial<Claims<'unlock'>>, key = vendor) => signDocument('unlock', unlock(more), key),
  anchor: (more?: Partial<Claims<'anchor'>>, key = vendor) => signDocument('anchor', anchor(more), key),
  request: (more?: Partial<Claims<'request'>>, key = installationKey) => signDocument('request', request(more), key),
  usage: (more?: Partial<Claims<'usage'>>, key = installationKey) => signDocument('usage', usage(more), key),
}
