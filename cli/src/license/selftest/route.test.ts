import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LicenceClaims } from '@domicile/license/document'
import { parseTerms } from '@domicile/license/terms'
import { describe, expect, test } from 'vitest'
import { type Application, planItinerary } from './itinerary.ts'
import { routesOf } from './route.ts'
import { plainLicence } from './scratch-vendor.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const FOLDER = join(import.meta.dirname, '../../../../license/terms')

const profile = (name: string): LicenceClaims['terms'] => {
  const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')
  return { name, version: 1, sha256: '0'.repeat(64), text }
}
const routes = (name: string) => {
  const terms = profile(name)
  return routesOf(plainLicence('erp', terms, NOW), parseTerms(terms.text), NOW.getTime())
}
const PROFILES = [
  ...['erp-on-premises', 'hrm-subscription', 'invoicing-prepaid', 'active-users-tiered', 'managed-hosting'],
]

describe('ways into a standing', () => {
  test.each(PROFILES)('%s: a plain licence is a good standing, and every way ends where it says', (name) => {
    const found = routes(name)

    expect(found.get('good')).toMatchObject({ order: null, changes: {}, path: ['good'] })
    for (const [state, { path }] of found) expect(path.at(-1)).toBe(state)
  })

  test('an order suspends at once', () => {
    expect(routes('erp-on-premises').get('suspended')).toMatchObject({
      order: 'suspend',
      path: ['suspended'],
      readOnly: false,
      blocked: true,
    })
  })

  test('what follows the end of the contract by itself comes after it', () => {
    expect(routes('erp-on-premises').get('ended')).toMatchObject({
      order: 'terminate',
      path: ['terminated', 'ended'],
      readOnly: true,
      blocked: true,
    })
  })

  test('a licence that is over makes read-only where the contract says so', () => {
    expect(routes('hrm-subscription').get('read-only')).toMatchObject({
      order: null,
      readOnly: true,
      blocked: false,
    })
    expect(routes('erp-on-premises').has('read-only')).toBe(false)
  })
})

describe('the itinerary', () => {
  const ERP: Application = { users: 3, sessions: true, closed: false }
  const terms = [profile('erp-on-premises'), profile('hrm-subscription')]
  const names = (application: Partial<Application>, of = terms) =>
    planItinerary('erp', of, { ...ERP, ...application }, NOW).stops.map(({ name }) => name)

  test('every standing once, and a good one again at the end', () => {
    expect(names({})).toEqual([
      ...['unlicensed', 'sessions full', 'users full', 'good'],
      ...['notice', 'read-only', 'suspended', 'terminated', 'ended', 'good again'],
    ])
  })

  test('limits are not tried where the stack cannot tell what they count', () => {
    expect(names({ users: null, sessions: false })).not.toContain('users full')
    expect(names({ users: null, sessions: false })).not.toContain('sessions full')
  })

  test('the limit on users is as many as are active, so that one more would be too many', () => {
    const { stops } = planItinerary('erp', terms, { ...ERP, users: 7 }, NOW)

    expect(stops.find(({ name }) => name === 'users full')).toMatchObject({
      usersFull: true,
      way: { licence: { limits: { users: { max: 7, behaviour: 'refuse' } } } },
    })
  })

  test('the customer’s own terms come first; others fill in what they do not know', () => {
    const { stops } = planItinerary('erp', terms, ERP, NOW)
    const under = Object.fromEntries(stops.map(({ name, terms: of }) => [name, of]))

    expect(under).toMatchObject({ suspended: 'erp-on-premises', 'read-only': 'hrm-subscription', unlicensed: null })
  })

  test('nobody gets into a closed product before there is a licence', () => {
    const { stops } = planItinerary('erp', terms, { ...ERP, closed: true }, NOW)

    expect(stops.filter(({ state }) => state === 'unlicensed')).toMatchObject([{ blocked: true }])
    expect(stops.filter(({ state }) => state === 'good').every(({ blocked }) => !blocked)).toBe(true)
  })

  test('a standing that no terms lead to is said to be untried', () => {
    expect(planItinerary('erp', terms.slice(0, 1), ERP, NOW).unreachable).toEqual(['read-only'])
  })
})
