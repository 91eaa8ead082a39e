import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.fixture.ts'
import {
  checkpointText,
  type DaySeal,
  hoursText,
  readSamples,
  readSeal,
  sealHolds,
  signSeal,
  summarize,
  unsignedSeal,
} from './index.ts'
import { keyOf, randomDay, samplesText } from './ledger.fixture.ts'

const DAY = '2026-11-22'
const { privateKey, publicKey } = keyOf('installation')
const BEFORE = { n: 41, hash: 'ab'.repeat(32) }
const bodies = randomDay(DAY, seeded(7))
const unsealed = unsignedSeal(readSamples(samplesText(bodies), DAY), summarize(DAY, bodies))
const seal = signSeal(unsealed, BEFORE, privateKey)

test('a seal holds where it was made, by whom it was made', () => {
  expect(sealHolds(seal, BEFORE, publicKey)).toBe(true)
  expect(sealHolds(seal, BEFORE, keyOf('somebody else').publicKey)).toBe(false)
  expect(sealHolds(seal, { ...BEFORE, n: 42 }, publicKey)).toBe(false)
  expect(sealHolds(seal, { ...BEFORE, hash: 'ac'.repeat(32) }, publicKey)).toBe(false)
})

test.each(Object.keys(unsealed))('a seal that says something else in %s does not hold', (key) => {
  const said = unsealed[key as keyof typeof unsealed]
  const other = typeof said === 'number' ? said + 1 : typeof said === 'string' ? `${said.slice(0, -1)}_` : {}

  expect(sealHolds({ ...seal, [key]: other }, BEFORE, publicKey)).toBe(false)
})

test('the order in which a file names things does not matter', () => {
  const turned = Object.fromEntries(Object.entries(seal).reverse()) as unknown as DaySeal

  expect(sealHolds(turned, BEFORE, publicKey)).toBe(true)
})

test('any program can check it: three lines, signed', () => {
  const { signature, ...rest } = seal
  const text = checkpointText(rest, BEFORE).split('\n')
  const key = createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' })

  expect(text.slice(0, 2)).toEqual(['domicile-ledger-checkpoint-v1', `41 ${BEFORE.hash}`])
  expect(text[2]).toMatch(/^[0-9a-f]{64}$/)
  expect(verify(null, Buffer.from(text.join('\n')), key, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('a signature has one text', () => {
  const last = seal.signature.at(-1) === 'A' ? 'B' : 'A'
  const again = seal.signature.slice(0, -1) + String.fromCharCode(seal.signature.charCodeAt(85) + 1)

  for (const signature of [`${seal.signature}=`, again, seal.signature.slice(0, -1) + last, '']) {
    expect(sealHolds({ ...seal, signature }, BEFORE, publicKey)).toBe(false)
  }
})

test('it commits to the hours by their digest, and to the samples by the end of their chain', () => {
  const text = samplesText(bodies)
  const digest = createHash('sha256')
    .update(hoursText(summarize(DAY, bodies)))
    .digest('hex')

  expect(seal).toMatchObject({ hours: digest, head: text.split('\n').at(-2)?.slice(0, 64), lines: bodies.length })
})

describe('data of a line that is no seal', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'usage'],
    ['a word more', { ...seal, note: 'Janez' }],
    ['no signature', unsealed],
    ['a signature too short', { ...seal, signature: 'x' }],
    ['digits in capitals', { ...seal, head: 'AB'.repeat(32) }],
    ['more samples than minutes', { ...seal, samples: 1441 }],
    ['a prototype', JSON.parse(JSON.stringify(seal).replace('"users"', '"Users"'))],
    ['NaN', { ...seal, lines: Number.NaN }],
  ])('%s', (_, data) => {
    expect(readSeal(data)).toBeNull()
  })

  test('and a seal is read as it is', () => {
    expect(readSeal(JSON.parse(JSON.stringify(seal)))).toEqual(seal)
  })
})
