import { generateKeyPairSync, sign } from 'node:crypto'
import { generateKeyPair } from '@domicile/stacks/release'
import { expect, test } from 'vitest'
import { examineDocument } from './examine-document.ts'

const signer = generateKeyPair()
const now = new Date('2026-03-01T12:00:00Z')

/** A receipt of a version to come, and of a contract that ended long ago. */
const claims = {
  jti: '00000000-0000-4000-8000-000000000001',
  iss: 'Vendor d.o.o.',
  iat: 1_100_000_000,
  contract: 'K-1/2004',
  seq: 1,
  paidThrough: '2004-12-31',
  discount: 5,
}

function signed(payload: object, key = signer.key): string {
  const header = { alg: 'EdDSA', typ: 'lic-receipt+jws', kid: signer.publicKey.keyId }
  const body = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const token = `${body}.${sign(null, Buffer.from(body), key).toString('base64url')}`
  const lines = token.match(/.{1,64}/g) ?? []
  return ['-----BEGIN DOMICILE RECEIPT-----', ...lines, '-----END DOMICILE RECEIPT-----', ''].join('\n')
}

test('an old document is shown like any other, with what is not known named', () => {
  const { verified, lines, warnings } = examineDocument(signed(claims), [signer.publicKey], now)

  expect(verified).toBe(true)
  expect(lines.join('\n')).toMatch(/Paid: +until the end of 2004-12-31/)
  expect(warnings.join()).toContain('discount')
})

test('without a key a document is never called verified, whoever signed it', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { verified, lines } = examineDocument(signed(claims, privateKey), [], now)

  expect(verified).toBe(false)
  expect(lines.join('\n')).toMatch(/NOT CHECKED/)
})

test('what is not understood is shown as it is, with the reason', () => {
  const { lines, warnings } = examineDocument(signed({ ...claims, paidThrough: 'always' }), [], now)

  expect(warnings).toEqual(['paidThrough: must be a day such as 2027-01-31, not "always"'])
  expect(lines.join('\n')).toContain('"paidThrough": "always"')
})

test('with a key, nothing that it did not sign is shown', () => {
  const { privateKey } = generateKeyPairSync('ed25519')

  expect(() => examineDocument(signed(claims, privateKey), [signer.publicKey], now)).toThrow('does not fit')
  expect(() => examineDocument(signed(claims), [generateKeyPair().publicKey], now)).toThrow('this appliance knows')
})
