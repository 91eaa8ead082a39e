import { describe, expect, test } from 'vitest'
import { acceptKeyList, isRevoked, type LicenceTrust, verifyDocument } from './index.ts'
import { IAT, keys, licence, NOW, pinned, renewal, signed, testKey, trust, vendor } from './testing.fixture.ts'

const delegate = testKey('delegate')
const later = testKey('next')
const verify = (text: string, by: LicenceTrust, now = NOW) => verifyDocument(text, ['licence', 'renewal'], by, now)
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'ACCEPTED'
}
const after = (seconds: number) => new Date((IAT + seconds) * 1000).toISOString()

describe('a key', () => {
  test('that nobody named signs nothing', () => {
    expect(codeOf(() => verify(signed.licence({}, delegate), trust()))).toBe('DOCUMENT_KEY_UNKNOWN')
    expect(codeOf(() => verify(signed.licence({}, testKey('impostor', vendor.kid)), trust()))).toBe(
      'DOCUMENT_SIGNATURE_WRONG',
    )
  })

  test('that a list names signs, beside the pinned one', () => {
    const rotated = acceptKeyList(trust(), signed.keys(), NOW)

    expect(verify(signed.licence({}, delegate), rotated).kid).toBe(delegate.kid)
    expect(verify(signed.licence(), rotated).kid).toBe(vendor.kid)
  })

  test('that a list names ahead of its time counts from then on', () => {
    const list = signed.keys({ keys: [{ ...pinned(later), from: after(60) }] })
    const rotated = acceptKeyList(trust(), list, NOW)

    expect(codeOf(() => verify(signed.licence({ iat: IAT + 59 }, later), rotated))).toBe('DOCUMENT_KEY_OUT_OF_TIME')
    expect(verify(signed.licence({ iat: IAT + 60 }, later), rotated).kid).toBe(later.kid)
  })

  test('whose time is over vouches for what was signed before, and for nothing after', () => {
    const list = signed.keys({ keys: [{ ...pinned(delegate), until: after(60) }] })
    const rotated = acceptKeyList(trust(), list, NOW)
    const muchLater = new Date('2029-01-01')

    expect(verify(signed.licence({ iat: IAT + 59 }, delegate), rotated, muchLater).kid).toBe(delegate.kid)
    expect(codeOf(() => verify(signed.licence({ iat: IAT + 60 }, delegate), rotated, muchLater))).toBe(
      'DOCUMENT_KEY_OUT_OF_TIME',
    )
  })

  test('that was revoked vouches for nothing, whenever it was signed; a pinned one too', () => {
    const rotated = trust(keys({ keys: [pinned(delegate), pinned(later)], revokedKeys: [delegate.kid, vendor.kid] }))

    expect(codeOf(() => verify(signed.licence({}, delegate), rotated))).toBe('DOCUMENT_KEY_REVOKED')
    expect(codeOf(() => verify(signed.licence({ iat: IAT - 86_400 }, vendor), rotated))).toBe('DOCUMENT_KEY_REVOKED')
    expect(verify(signed.licence({}, later), rotated).kid).toBe(later.kid)
  })

  test('cannot be put in the place of a pinned one', () => {
    const impostor = testKey('impostor', vendor.kid)

    expect(codeOf(() => acceptKeyList(trust(), signed.keys({ keys: [pinned(impostor)] }), NOW))).toBe('KEY_LIST_PINNED')
    expect(codeOf(() => verify(signed.licence({}, impostor), trust(keys({ keys: [pinned(impostor)] }))))).toBe(
      'DOCUMENT_SIGNATURE_WRONG',
    )
  })
})

describe('a key list', () => {
  test('counts only when a pinned key signed it: a named key names no keys', () => {
    const rotated = acceptKeyList(trust(), signed.keys(), NOW)
    const own = signed.keys({ version: 2, keys: [pinned(later)] }, delegate)

    expect(codeOf(() => acceptKeyList(rotated, own, NOW))).toBe('DOCUMENT_KEY_UNKNOWN')
  })

  test('that was replaced brings no key back', () => {
    const first = signed.keys({ version: 1 })
    const second = signed.keys({ version: 2, keys: [pinned(later)], revokedKeys: [delegate.kid] })
    const rotated = acceptKeyList(acceptKeyList(trust(), first, NOW), second, NOW)

    expect(codeOf(() => acceptKeyList(rotated, first, NOW))).toBe('KEY_LIST_OLDER')
    expect(codeOf(() => verify(signed.licence({}, delegate), rotated))).toBe('DOCUMENT_KEY_REVOKED')
  })

  test('that is held already changes nothing; another with its number is refused', () => {
    const rotated = acceptKeyList(trust(), signed.keys(), NOW)

    expect(acceptKeyList(rotated, signed.keys(), NOW)).toBe(rotated)
    expect(codeOf(() => acceptKeyList(rotated, signed.keys({ revokedKeys: [delegate.kid] }), NOW))).toBe(
      'KEY_LIST_TAKEN',
    )
  })

  test('by a key that an earlier list revoked is refused', () => {
    const rotated = acceptKeyList(trust(), signed.keys({ revokedKeys: [vendor.kid] }), NOW)

    expect(codeOf(() => acceptKeyList(rotated, signed.keys({ version: 2 }), NOW))).toBe('DOCUMENT_KEY_REVOKED')
  })

  test('takes a licence back, and what renews it', () => {
    const list = keys({ revokedLicences: [licence().jti] })
    const held = (kind: 'licence' | 'renewal') => verify(signed[kind](), trust())

    expect(codeOf(() => verify(signed.licence(), trust(list)))).toBe('LICENCE_REVOKED')
    expect(codeOf(() => verify(signed.renewal(), trust(list)))).toBe('LICENCE_REVOKED')
    expect(verify(signed.licence({ ...licence({ seq: 5 }) }), trust(list)).kind).toBe('licence')
    expect([
      isRevoked(list, held('licence')),
      isRevoked(list, held('renewal')),
      isRevoked(keys(), held('licence')),
    ]).toEqual([true, true, false])
    expect(renewal().licence).toBe(licence().jti)
  })
})

describe('the time at which a document was made', () => {
  const at = (seconds: number) => signed.licence({ iat: IAT + seconds })
  const day = 24 * 3600

  test('may be up to a day ahead of this clock', () => {
    expect(verify(at(day), trust()).kind).toBe('licence')
    expect(codeOf(() => verify(at(day + 1), trust()))).toBe('DOCUMENT_FROM_FUTURE')
  })

  test('may be long ago', () => {
    expect(verify(at(0), trust(), new Date('2055-01-01')).kind).toBe('licence')
  })

  test('does not matter for an unlock, which is there because the clock is wrong', () => {
    const unlock = signed.unlock({ iat: IAT + 400 * day })

    expect(verifyDocument(unlock, ['unlock'], trust(), NOW).kind).toBe('unlock')
  })
})
