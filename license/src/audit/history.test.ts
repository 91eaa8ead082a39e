import { describe, expect, test } from 'vitest'
import { signDocument } from '../document/index.ts'
import { keys, order, pinned, receipt, renewal, testKey, unlock, vendor } from '../document/testing.fixture.ts'
import { erpLicence, REPORTER, TestInstallation } from './audit.fixture.ts'
import { licencesIn, timezoneOf } from './history.ts'

const JTI = erpLicence().jti
const AT = '2026-03-10T08:00:00.000Z'
const iat = Date.parse('2026-03-01T00:00Z') / 1000

const licensed = () => TestInstallation.licensed('2026-02-20T00:00Z')
const replay = ({ lines }: TestInstallation, vendorKeys: Parameters<typeof licencesIn>[1] = [pinned()]) =>
  licencesIn(lines, vendorKeys, REPORTER)

describe('licences that were in force', () => {
  test('with what renewals and receipts changed', () => {
    const made = TestInstallation.licensed('2026-02-20T00:00Z', erpLicence({ paidThrough: '2026-03-31' }))
    const renewed = renewal({ iat, licence: JTI, seq: 2, until: '2027-06-30' })
    made.import(AT, 'renewal', signDocument('renewal', renewed, vendor), renewed.jti)
    const paid = receipt({ iat, seq: 3, paidThrough: '2026-12-31' })
    made.import('2026-03-11T08:00Z', 'receipt', signDocument('receipt', paid, vendor), paid.jti)

    expect(replay(made)).toMatchObject({
      findings: [],
      licences: [
        { from: '2026-02-20T00:00:00.000Z', claims: { term: { until: null }, paidThrough: '2026-03-31' } },
        { from: AT, claims: { term: { until: '2027-06-30' }, paidThrough: '2026-03-31' } },
        { from: '2026-03-11T08:00:00.000Z', claims: { term: { until: '2027-06-30' }, paidThrough: '2026-12-31' } },
      ],
    })
    expect(replay(made, null)).toEqual(replay(made))
  })

  test('an order changes none of them', () => {
    const made = licensed()
    const ordered = order({ iat, seq: 2 })
    made.import(AT, 'order', signDocument('order', ordered, vendor), ordered.jti)
    expect(replay(made)).toMatchObject({ findings: [], licences: [{ claims: { jti: JTI } }] })
  })

  test('signed by a key that the vendor named in a list', () => {
    const made = licensed()
    const list = keys({ iat })
    made.import(AT, 'keys', signDocument('keys', list, vendor), list.jti)
    const next = erpLicence({ iat, seq: 5, jti: '00000000-0000-4000-8000-000000000005', contract: 'K-18/2026' })
    made.import(AT, 'licence', signDocument('licence', next, testKey('delegate')), next.jti)

    expect(replay(made).licences.map(({ claims }) => claims.contract)).toEqual(['K-17/2026', 'K-18/2026'])
    expect(replay(made).findings).toEqual([])
  })

  test('moved back with licence time by the word of the vendor', () => {
    const made = TestInstallation.licensed('2027-02-20T00:00Z')
    const word = unlock({ iat, at: AT })
    made.import('2027-02-21T00:00Z', 'unlock', signDocument('unlock', word, vendor), word.jti)
    expect(replay(made).licences.map(({ from }) => from)).toEqual([AT])
  })

  test('an unlock counts also where every clock was behind when it was brought in', () => {
    const made = licensed()
    const word = unlock({ iat: iat + 90 * 86_400, at: '2026-05-30T08:00:00.000Z' })
    made.import('2026-03-01T00:00Z', 'unlock', signDocument('unlock', word, vendor), word.jti)
    expect(replay(made).findings).toEqual([])
  })
})

describe('what does not count', () => {
  const another = erpLicence({ iat, seq: 5, jti: '00000000-0000-4000-8000-000000000005', limits: {} })

  test.each([
    ['a signature by nobody', () => signDocument('licence', another, testKey('nobody')), 'DOCUMENT_KEY_UNKNOWN'],
    ['a number that came before', () => signDocument('licence', { ...another, seq: 1 }, vendor), 'SEQUENCE_TAKEN'],
    [
      'another installation',
      () => signDocument('licence', { ...another, installation: '00000000-0000-4000-8000-00000000000e' }, vendor),
      'INSTALLATION_OTHER',
    ],
    [
      'a document of the future',
      () => signDocument('licence', { ...another, iat: iat + 90 * 86_400 }, vendor),
      'DOCUMENT_FROM_FUTURE',
    ],
  ])('%s', (_, text, code) => {
    const made = licensed()
    made.import(AT, 'licence', text(), another.jti)
    const { licences, findings } = replay(made)

    expect(licences).toHaveLength(1)
    expect(findings).toEqual([
      expect.objectContaining({ code: 'DOCUMENT_DOUBTFUL', message: expect.stringContaining(code) }),
    ])
  })
})

describe('where days begin', () => {
  const { licences } = replay(licensed())

  test('in the time zone of the terms', () => {
    expect(timezoneOf(licences, { from: '2026-03-01', to: '2026-03-31' })).toBe('Europe/Ljubljana')
  })

  test('in UTC before there are any, and where they cannot be read', () => {
    expect(timezoneOf(licences, { from: '2025-03-01', to: '2025-03-31' })).toBe('UTC')
    const strange = licences.map(({ from, claims }) => ({
      from,
      claims: { ...claims, terms: { ...claims.terms, text: 'x: 1' } },
    }))
    expect(timezoneOf(strange, { from: '2026-03-01', to: '2026-03-31' })).toBe('UTC')
  })
})
