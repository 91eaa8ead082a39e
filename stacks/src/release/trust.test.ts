import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anotherKeyWithSameId,
  type Folder,
  NOW,
  open,
  packSample,
  STRANGER,
  temporaryFolder,
  VENDOR,
} from './fixtures/sample-release.ts'
import {
  buildKeyList,
  generateKeyPair,
  pinKey,
  resolveTrust,
  type SecretKey,
  type SignedKeyList,
  sign,
  trustSchema,
} from './index.ts'

const [FIRST, SECOND, THIRD] = [VENDOR, generateKeyPair(), generateKeyPair()]

interface Dates {
  readonly from?: string
  readonly until?: string
}

const list = (signer: SecretKey, sequence: number, keys: [SecretKey, Dates?][], name = 'erp'): SignedKeyList =>
  buildKeyList(signer, {
    name,
    sequence,
    keys: keys.map(([{ publicKey }, { from = null, until = null } = {}]) => ({
      publicKey: publicKey.text,
      from,
      until,
    })),
  })

const signed = (json: string, comment: string): string => sign(Buffer.from(json), FIRST, comment)

const toSecond = list(FIRST, 1, [[SECOND]])
const toThird = list(SECOND, 2, [[THIRD]])
const pinned = pinKey(FIRST.publicKey)
const trusted = (lists: SignedKeyList[], trust = pinned): string[] =>
  resolveTrust(trust, lists, 'erp').keys.map(({ publicKey }) => publicKey)

describe('following key lists', () => {
  test('no list: the pinned key', () => expect(trusted([])).toEqual([FIRST.publicKey.text]))
  test('one step', () => expect(trusted([toSecond])).toEqual([SECOND.publicKey.text]))
  test('two steps', () => expect(trusted([toSecond, toThird])).toEqual([THIRD.publicKey.text]))
  test('the second step alone leads nowhere', () => expect(trusted([toThird])).toEqual([FIRST.publicKey.text]))

  test('both steps again change nothing', () => {
    const known = resolveTrust(pinned, [toSecond, toThird], 'erp')
    expect(resolveTrust(known, [toSecond, toThird], 'erp')).toEqual(known)
  })

  test('a replayed older list brings no key back, even by a key that is still trusted', () => {
    const both = list(FIRST, 1, [[FIRST], [STRANGER]])
    const withdrawn = list(FIRST, 2, [[FIRST]])
    const known = resolveTrust(pinned, [both, withdrawn], 'erp')
    expect(resolveTrust(known, [both], 'erp')).toEqual(known)
  })

  test('who began with the newest key can use a release that carries all lists', () => {
    expect(trusted([toSecond, toThird], pinKey(THIRD.publicKey))).toEqual([THIRD.publicKey.text])
  })

  test('a list by a stranger changes nothing', () => {
    expect(trusted([list(STRANGER, 1, [[STRANGER]])])).toEqual([FIRST.publicKey.text])
  })

  test('an expired key still hands over, so nobody is locked out', () => {
    const expiring = list(FIRST, 1, [[SECOND, { until: '2020-01-01T00:00:00Z' }]])
    expect(trusted([expiring, toThird])).toEqual([THIRD.publicKey.text])
  })

  test.each([
    ['a forged signature under a trusted id', list(anotherKeyWithSameId(FIRST), 1, [[STRANGER]]), 'SIGNATURE_WRONG'],
    [
      'changed content',
      { ...toSecond, json: toSecond.json.replace(/"until": null/, '"until":null ') },
      'SIGNATURE_WRONG',
    ],
    [
      'the signature of another list',
      { ...toSecond, signature: list(FIRST, 3, [[FIRST]]).signature },
      'SIGNATURE_WRONG',
    ],
    ['a list signed as something else', { ...toSecond, signature: signed(toSecond.json, 'words') }, 'KEY_LIST_INVALID'],
    ['another stack’s list', list(FIRST, 1, [[SECOND]], 'central'), 'KEY_LIST_INVALID'],
    ['no list at all', { ...toSecond, json: '{}' }, 'KEY_LIST_INVALID'],
  ])('refuses %s', (_, forged, code) => {
    expect(() => trusted([forged])).toThrow(expect.objectContaining({ code, exitCode: 4 }))
  })

  test('trust is plain data and survives being kept', () => {
    const known = resolveTrust(pinned, [toSecond], 'erp')
    expect(trustSchema.parse(JSON.parse(JSON.stringify(known)))).toEqual(known)
  })

  test('a list cannot be built around a key that is none', () => {
    const keys = [{ publicKey: 'RW', from: null, until: null }]
    expect(() => buildKeyList(FIRST, { name: 'erp', sequence: 1, keys })).toThrow(/must be a public key/)
  })
})

describe('releases after a change of key', () => {
  let folder: Folder
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  test.each([
    ['one step', SECOND, [toSecond], 1],
    ['two steps', THIRD, [toSecond, toThird], 2],
  ])('%s: accepted, and the new trust comes with it', async (_, secretKey, keyLists, sequence) => {
    await using release = await open(await packSample(folder, { secretKey, keyLists }))
    expect(release.trust.keyListSequence).toBe(sequence)
    expect(release.trust.keys.map(({ publicKey }) => publicKey)).toEqual([secretKey.publicKey.text])
  })

  test('the new key without its list is unknown', async () => {
    const path = await packSample(folder, { secretKey: SECOND })
    await expect(open(path)).rejects.toMatchObject({ code: 'RELEASE_KEY_UNKNOWN', exitCode: 4 })
    await expect(open(path)).rejects.toThrow(new RegExp(`${SECOND.publicKey.keyId}.*${FIRST.publicKey.keyId}`))
  })

  test('the old key no longer counts, in a release that says so and for who has seen the list', async () => {
    const saysSo = await packSample(folder, { secretKey: FIRST, keyLists: [toSecond] }, 'says-so')
    await expect(open(saysSo)).rejects.toMatchObject({ code: 'RELEASE_KEY_UNKNOWN' })
    const silent = await packSample(folder, { secretKey: FIRST }, 'silent')
    await expect(open(silent, resolveTrust(pinned, [toSecond]))).rejects.toMatchObject({ code: 'RELEASE_KEY_UNKNOWN' })
    await (await open(silent)).close()
  })

  test('a replayed list does not make a withdrawn key good', async () => {
    const known = resolveTrust(pinned, [toSecond, toThird])
    const path = await packSample(folder, { secretKey: SECOND, keyLists: [toSecond] })
    await expect(open(path, known)).rejects.toMatchObject({ code: 'RELEASE_KEY_UNKNOWN', exitCode: 4 })
  })

  test('a key counts from its first moment until before its last', async () => {
    const dates = { from: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z' }
    const path = await packSample(folder, { secretKey: SECOND, keyLists: [list(FIRST, 1, [[SECOND, dates]])] })
    const at = async (moment: string) => (await open(path, pinned, new Date(moment))).close()
    await at('2026-11-01T00:00:00Z')
    await at('2026-11-30T23:59:59Z')
    await expect(at('2026-10-31T23:59:59Z')).rejects.toMatchObject({ code: 'RELEASE_KEY_EXPIRED', exitCode: 4 })
    await expect(at('2026-12-01T00:00:00Z')).rejects.toMatchObject({ code: 'RELEASE_KEY_EXPIRED', exitCode: 4 })
  })

  test('lists of another stack do not pass', async () => {
    const path = await packSample(folder, { keyLists: [list(FIRST, 1, [[FIRST]], 'central')] })
    await expect(open(path, pinned, NOW)).rejects.toMatchObject({ code: 'KEY_LIST_INVALID', exitCode: 4 })
  })
})
