import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { digestOf, readProof, signProof, verifyChain, verifyProof } from './index.ts'
import { chainOf, INSTALLATION, keys, proofOf } from './proof.fixture.ts'

const keyOf = (installation: string) => (installation === INSTALLATION ? keys.publicKey : undefined)
const codes = (texts: readonly string[]) => verifyChain(texts, keyOf).findings.map(({ code, line }) => [line, code])

test('a proof says what was signed, to anybody with the key', () => {
  const proof = proofOf(1, null)
  const text = signProof(proof, keys.privateKey)

  expect(verifyProof(text, keyOf)).toEqual(proof)
  expect(text.split('.')).toHaveLength(3)
  expect(JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString())).toEqual({
    ...{ alg: 'EdDSA', typ: 'domicile-proof+jws', kid: INSTALLATION },
  })
})

test('any program that reads JSON Web Tokens can check it', () => {
  const text = signProof(proofOf(1, null), keys.privateKey)
  const key = createPublicKey({ key: keys.publicKey.export({ format: 'jwk' }), format: 'jwk' })
  const at = text.lastIndexOf('.')

  expect(verify(null, Buffer.from(text.slice(0, at)), key, Buffer.from(text.slice(at + 1), 'base64url'))).toBe(true)
})

test('what nobody would accept is not signed', () => {
  expect(() => signProof({ ...proofOf(1, null), codes: ['words of a person'] }, keys.privateKey)).toThrow()
})

test('a whole chain holds', () => {
  const { proofs, findings } = verifyChain(chainOf(5), keyOf)

  expect(findings).toEqual([])
  expect(proofs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
})

test('an appliance that keeps only the newest begins later', () => {
  expect(codes(chainOf(5).slice(2))).toEqual([])
})

describe('seen at once', () => {
  const [first = '', second = '', third = '', fourth = ''] = chainOf(4)
  const [, otherSecond = ''] = chainOf(2, (number) => (number === 2 ? { codes: ['SUM_DIFFERS'] } : {}))
  const [header, claims, signature] = second.split('.')
  const altered = Buffer.from(JSON.stringify({ ...readProof(second), recoverySeconds: 1 })).toString('base64url')
  const stranger = signProof(proofOf(2, digestOf(first)), generateKeyPairSync('ed25519').privateKey)
  const elsewhere = signProof(
    proofOf(2, digestOf(first), { installation: '7f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f' }),
    keys.privateKey,
  )
  const noType = Buffer.from(JSON.stringify({ alg: 'none', typ: 'domicile-proof+jws', kid: INSTALLATION }))

  test.each([
    ['one left out', [first, third, fourth], [[2, 'PROOF_MISSING']]],
    ['two left out', [first, fourth], [[2, 'PROOF_MISSING']]],
    [
      'two changed about',
      [first, third, second, fourth],
      [
        [2, 'PROOF_MISSING'],
        [3, 'PROOF_ORDER'],
        [4, 'PROOF_MISSING'],
      ],
    ],
    ['one twice', [first, second, second, third], [[3, 'PROOF_ORDER']]],
    ['another in its place', [first, otherSecond, third], [[3, 'PROOF_ORDER']]],
    [
      'a better recovery time',
      [first, `${header}.${altered}.${signature}`, third],
      [
        [2, 'PROOF_SIGNATURE_WRONG'],
        [3, 'PROOF_MISSING'],
      ],
    ],
    ['one that another key signed', [first, stranger], [[2, 'PROOF_SIGNATURE_WRONG']]],
    ['one of another installation', [first, elsewhere], [[2, 'PROOF_SIGNATURE_WRONG']]],
    [
      'no signature wanted',
      [first, `${noType.toString('base64url')}.${claims}.${signature}`],
      [[2, 'PROOF_UNREADABLE']],
    ],
    ['a cut line', [first, second.slice(0, -10)], [[2, 'PROOF_SIGNATURE_WRONG']]],
    ['words', ['no proof'], [[1, 'PROOF_UNREADABLE']]],
    ['far too much', ['a'.repeat(100_000)], [[1, 'PROOF_UNREADABLE']]],
    [
      'a first one that claims to follow',
      [signProof(proofOf(1, digestOf(first)), keys.privateKey)],
      [[1, 'PROOF_ORDER']],
    ],
    ['a fifth without a fourth', [signProof(proofOf(5, null), keys.privateKey)], [[1, 'PROOF_ORDER']]],
  ])('%s', (_, texts, expected) => {
    expect(codes(texts)).toEqual(expected)
  })

  test('a text more for the same content', () => {
    expect(codes([`${first}=`])).toEqual([[1, 'PROOF_UNREADABLE']])
  })
})
