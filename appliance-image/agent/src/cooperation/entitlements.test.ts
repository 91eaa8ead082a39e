import type { LicenceClaims } from '@domicile/license/document'
import type { Standing } from '@domicile/license/standing'
import { expect, test } from 'vitest'
import { entitlementsOf } from './entitlements.ts'

const LIMITS: LicenceClaims['limits'] = {
  users: { max: 10, behaviour: 'refuse' },
  sessions: { max: 4, behaviour: 'refuse', reserved: 1, services: 2, idleMinutes: 20 },
  meters: { mails: { max: 500, behaviour: 'count', per: 'month' } },
}

/** Whatever must not be told is marked. */
const LICENCE = {
  ...{ jti: 'MARKED-jti', iss: 'MARKED vendor', iat: 1, contract: 'MARKED-K-17', seq: 7 },
  customer: { name: 'MARKED d.o.o.', taxNumber: 'SI-MARKED', address: 'MARKED 1' },
  locations: ['MARKED'],
  ...{ product: 'desk', edition: 'Professional', purpose: 'production', installation: 'MARKED' },
  modules: { sale: { users: { max: 5, behaviour: 'refuse' }, from: '2026-01-01' }, stock: { until: '2026-06-30' } },
  limits: LIMITS,
  trial: false,
  term: { from: '2026-01-01', until: '2026-12-31' },
  ...{ maintenanceUntil: '2026-11-30', paidThrough: '2026-03-31' },
  terms: { name: 'MARKED', version: 1, sha256: 'MARKED', text: 'MARKED' },
  ...{ feed: 'https://MARKED', contact: 'MARKED@vendor.example' },
} satisfies LicenceClaims

const STANDING: Standing = {
  ...{ state: 'notice', since: '2026-11-01T00:00:00.000Z', until: null, next: null },
  reasons: [{ track: 'MARKED', stage: 'MARKED', state: 'notice', since: 'MARKED', clause: 'MARKED', text: 'MARKED' }],
  effects: {
    ...{ readOnly: false, blocked: null, limits: LIMITS, tier: null, upgradesThrough: null, purgeFrom: null },
    notices: [
      {
        ...{ id: 'expiring', key: 'MARKED/expiring@2026-12-31', audience: 'administrators' },
        texts: { en: { title: 'It ends', text: 'On 31 December.' } },
      },
    ],
  },
}

test('says what an application may show or switch on, and nothing else of the licence', () => {
  const said = entitlementsOf({ standing: STANDING, licence: LICENCE, blocked: false, product: 'desk' })

  expect(said).toEqual({
    ...{ standing: 'notice', readOnly: false, blocked: false, until: '2026-12-31' },
    ...{ product: 'desk', edition: 'Professional', maintenanceUntil: '2026-11-30' },
    limits: { users: 10, sessions: 4, services: 2, meters: { mails: 500 } },
    modules: {
      sale: { from: '2026-01-01', until: null, users: 5 },
      stock: { from: null, until: '2026-06-30', users: null },
    },
    notices: [
      {
        id: 'expiring',
        audience: 'administrators',
        texts: { en: { title: 'It ends', text: 'On 31 December.' } },
      },
    ],
  })
  expect(JSON.stringify(said)).not.toContain('MARKED')
})

test('limits nothing without a licence', () => {
  const effects = { ...STANDING.effects, limits: {}, notices: [] }
  const standing = { ...STANDING, state: 'unlicensed', effects } as const

  expect(entitlementsOf({ standing, licence: null, blocked: true, product: 'desk' })).toEqual({
    ...{ standing: 'unlicensed', readOnly: false, blocked: true, until: null },
    ...{ product: 'desk', edition: null, modules: null, maintenanceUntil: null, notices: [] },
    limits: { users: null, sessions: null, services: null, meters: {} },
  })
})
