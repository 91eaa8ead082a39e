import { sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { LicenceRefusal } from '../refusal.ts'
import { armour } from './armour.ts'
import { checkTermsHash, DOCUMENT_TYPES, type VendorKind, verifyDocument } from './index.ts'
import {
  anchor,
  IAT,
  keys,
  licence,
  NOW,
  order,
  receipt,
  renewal,
  signed,
  terms,
  trust,
  vendor,
} from './testing.fixture.ts'

/** A document with this content, signed by the vendor with another program, which checks nothing. */
function signedAnyhow(payload: unknown, kind: VendorKind = 'licence'): string {
  const header = { alg: 'EdDSA', typ: DOCUMENT_TYPES[kind], kid: vendor.kid }
  const body = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return armour(kind, `${body}.${sign(null, Buffer.from(body), vendor.privateKey).toString('base64url')}`)
}

const verify = (payload: unknown, kind: VendorKind = 'licence') =>
  verifyDocument(signedAnyhow(payload, kind), [kind], trust(), NOW)
const verifyLicence = (payload: unknown) => verifyDocument(signedAnyhow(payload), ['licence'], trust(), NOW)

function refusalOf(payload: unknown, kind?: VendorKind): LicenceRefusal {
  try {
    verify(payload, kind)
  } catch (error) {
    return error as LicenceRefusal
  }
  throw new Error('accepted')
}

const users = { max: 10, behaviour: 'refuse' }

test.each([
  [
    'limits.users.behaviour: must be one of refuse, warn, count, not "explode"',
    { limits: { users: { max: 1, behaviour: 'explode' } } },
  ],
  ['limits.users.max: must be at least 0, not -1', { limits: { users: { ...users, max: -1 } } }],
  ['limits.users.max: must be a whole number, not 1.5', { limits: { users: { ...users, max: 1.5 } } }],
  ['limits.users.max: is missing', { limits: { users: { behaviour: 'warn' } } }],
  ['limits.meters.a b: the name must be a word', { limits: { meters: { 'a b': users } } }],
  ['term.from: must be a day such as 2027-01-31, not "2026-02-30"', { term: { from: '2026-02-30', until: null } }],
  [
    'term.until: must be between 2000 and 2100, not "2206-01-01"',
    { term: { from: '2026-01-01', until: '2206-01-01' } },
  ],
  ['product: is missing', { product: undefined }],
  ['installation: must be a UUID, not "server-7"', { installation: 'server-7' }],
  ['feed: must be an address that begins with https://, not "http://x"', { feed: 'http://x' }],
  ['iss: must be one line without control characters', { iss: 'a\nb' }],
  ['customer: must be of the type object, not "me"', { customer: 'me' }],
])('a wrong claim is named with what is wanted: %s', (message, change) => {
  const refusal = refusalOf({ ...licence(), ...change })

  expect(refusal.message).toContain(message)
  expect(refusal).toMatchObject({ code: 'CLAIM_WRONG', kind: 'unreadable' })
  expect(refusal.hint).not.toBe('')
})

test.each<[string, unknown, VendorKind]>([
  [
    'term.until: 2025-12-31 is before term.from',
    licence({ term: { from: '2026-01-01', until: '2025-12-31' } }),
    'licence',
  ],
  [
    'term.until: 2056-03-02 is more than 30 years',
    licence({ term: { from: '2026-01-01', until: '2056-03-02' } }),
    'licence',
  ],
  ['paidThrough: 2056-03-02 is more than 30 years', licence({ paidThrough: '2056-03-02' }), 'licence'],
  [
    'limits.sessions.reserved: 5 of 4',
    licence({ limits: { sessions: { max: 4, behaviour: 'refuse', reserved: 5, services: 0, idleMinutes: 20 } } }),
    'licence',
  ],
  [
    'modules.sale.until: 2025-01-01 is before',
    licence({ modules: { sale: { from: '2026-01-01', until: '2025-01-01' } } }),
    'licence',
  ],
  [
    'tiers.current: XL is none of the steps',
    licence({ tiers: { meter: 'sales', current: 'XL', steps: [{ name: 'S', upTo: null }] } }),
    'licence',
  ],
  [
    'tiers.steps.1.upTo',
    licence({
      tiers: {
        meter: 'sales',
        current: 'S',
        steps: [
          { name: 'S', upTo: 5 },
          { name: 'M', upTo: 5 },
          { name: 'L', upTo: null },
        ],
      },
    }),
    'licence',
  ],
  [
    'tiers.steps.0.upTo',
    licence({ tiers: { meter: 'sales', current: 'S', steps: [{ name: 'S', upTo: 5 }] } }),
    'licence',
  ],
  ['until: 2070-01-01 is more than 30 years', renewal({ until: '2070-01-01' }), 'renewal'],
  ['paidThrough: 2070-01-01 is more than 30 years', receipt({ paidThrough: '2070-01-01' }), 'receipt'],
  ['head: is not what ends a record of length 1', anchor({ length: 1 }), 'anchor'],
  ['head: is not what ends a record of length 3', anchor({ head: anchor().genesis }), 'anchor'],
  ['notice: missing', order({ notice: null }), 'order'],
  ['notice.given: is after', order({ notice: { given: '2026-03-16T00:00:00Z', text: 'Late.' } }), 'order'],
  [
    'keys: 630BA09448AF5221 is named twice',
    keys({ keys: [trust().vendorKeys[0], trust().vendorKeys[0]].filter((key) => key !== undefined) }),
    'keys',
  ],
])('claims that contradict each other are refused: %s', (message, claims, kind) => {
  expect(refusalOf(claims, kind)).toMatchObject({
    code: 'CLAIMS_CONTRADICT',
    message: expect.stringContaining(message),
  })
})

test('an urgent order, a lift and a warning need no notice', () => {
  for (const more of [{ urgent: true }, { action: 'lift' }, { action: 'warn' }] as const) {
    expect(verify(order({ notice: null, ...more }), 'order').kind).toBe('order')
  }
})

test('thirty years, perpetual and a term of one day are fine', () => {
  for (const until of ['2056-03-01', null, '2026-01-01']) {
    expect(verify(licence({ term: { from: '2026-01-01', until } })).kind).toBe('licence')
  }
})

test('terms whose text is not the one that was hashed are refused', () => {
  const altered = { ...terms(), text: `${terms().text} ` }

  expect(refusalOf(licence({ terms: altered }))).toMatchObject({ code: 'TERMS_ALTERED', kind: 'unverified' })
  expect(() => checkTermsHash(altered)).toThrow('terms.sha256')
  expect(() => checkTermsHash(terms())).not.toThrow()
})

test('one wrong claim is named once, and several in their order', () => {
  const { message } = refusalOf({ ...licence(), iss: '', product: 5, term: { from: 'soon', until: null } })

  expect(message.match(/\w+(\.\w+)?: must/g)).toEqual(['iss: must', 'product: must', 'term.from: must'])
})

test('claims that are not known are left out and named', () => {
  const { claims, warnings } = verifyLicence({
    ...licence(),
    discount: 5,
    limits: { users: { ...users, per: 'floor' }, cores: users },
    customer: { ...licence().customer, 'vat\u001b': 1 },
  })

  expect(warnings.map((warning) => warning.split(':')[0])).toEqual(
    expect.arrayContaining(['discount', 'limits.users.per', 'limits.cores', 'customer.vat\\u001b']),
  )
  expect(warnings).toHaveLength(4)
  expect(claims).not.toHaveProperty('discount')
  expect(claims.limits).not.toHaveProperty('cores')
})

test('no claim reaches into the language’s own objects', () => {
  const { claims } = verifyLicence(
    JSON.parse(JSON.stringify(licence()).replace('{', '{"__proto__":{"trial":true},"constructor":1,')),
  )

  expect(claims.trial).toBe(false)
  expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
})

test('what nobody would accept is not signed', () => {
  expect(() => signed.licence({ iat: IAT, term: { from: '2026-01-01', until: '2025-01-01' } })).toThrow('term.until')
  expect(() => signed.order({ notice: null })).toThrow('notice')
})
