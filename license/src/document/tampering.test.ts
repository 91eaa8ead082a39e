import { createHmac, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { LicenceRefusal } from '../refusal.ts'
import { armour, armouredIn } from './armour.ts'
import { type DocumentKind, VENDOR_KINDS, type VendorKind, verifyDocument, verifyRequest } from './index.ts'
import { NOW, SAMPLES, signed, testKey, trust, vendor } from './testing.fixture.ts'

const kinds = Object.keys(SAMPLES) as DocumentKind[]

const verify = (text: string) =>
  /REQUEST|USAGE/.test(text) ? verifyRequest(text, NOW) : verifyDocument(text, VENDOR_KINDS, trust(), NOW)

/** @returns the refusal's code, its kind and its message; anything but a refusal fails the test */
function refusalOf(text: string): LicenceRefusal {
  try {
    verify(text)
  } catch (error) {
    if (error instanceof LicenceRefusal) return error
    throw error
  }
  throw new Error(`accepted:\n${text}`)
}

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** A licence with this header and this content, and a signature of the vendor’s that fits. */
function forged(header: unknown, payload: unknown = SAMPLES.licence, kind: DocumentKind = 'licence'): string {
  const body = `${encode(header)}.${encode(payload)}`
  return armour(kind, `${body}.${sign(null, Buffer.from(body), vendor.privateKey).toString('base64url')}`)
}

const HEADER = { alg: 'EdDSA', typ: 'lic+jws', kid: vendor.kid }

describe.each(kinds)('%s', (kind) => {
  const text = signed[kind]()

  test('is accepted as it was signed', () => {
    expect(verify(text).claims).toEqual(SAMPLES[kind])
  })

  test('is refused with any one character of it changed, exchanged with the next, doubled or left out', () => {
    const [{ token = '' } = {}] = armouredIn(text)
    for (let at = 0; at < token.length; at++) {
      const [before, own, after] = [token.slice(0, at), token[at] ?? '', token.slice(at + 1)]
      const other = own === 'A' ? 'B' : 'A'
      for (const changed of [`${before}${other}${after}`, `${before}${after}`, `${before}${own}${own}${after}`]) {
        if (changed !== token) refusalOf(armour(kind, changed))
      }
      const swapped = `${before}${after[0] ?? ''}${own}${after.slice(1)}`
      if (swapped !== token) refusalOf(armour(kind, swapped))
    }
  })

  test('is refused with any bit of its signature turned', () => {
    const [{ token = '' } = {}] = armouredIn(text)
    const [header, payload, signature = ''] = token.split('.')
    for (let bit = 0; bit < 512; bit++) {
      const bytes = Buffer.from(signature, 'base64url')
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const { code } = refusalOf(armour(kind, `${header}.${payload}.${bytes.toString('base64url')}`))
      expect(code).toBe('DOCUMENT_SIGNATURE_WRONG')
    }
  })

  test('is refused when it was cut off anywhere', () => {
    for (let length = 0; length < text.length - 1; length++) refusalOf(text.slice(0, length))
  })

  test('is refused with any byte of its armour changed', () => {
    const [first = '', ...rest] = text.split('\n')
    for (let at = 0; at < first.length; at++) {
      refusalOf([`${first.slice(0, at)}#${first.slice(at + 1)}`, ...rest].join('\n'))
    }
    for (const strange of ['\0', ' ', '=', '+', '/', '\u00e9', '\u200b', '\t', '\r']) {
      const middle = Math.floor(text.length / 2)
      refusalOf(`${text.slice(0, middle)}${strange}${text.slice(middle)}`)
    }
  })

  test('is refused under the name of another kind, in the armour or in the header', () => {
    const [{ token = '' } = {}] = armouredIn(text)
    for (const other of kinds.filter((candidate) => candidate !== kind)) {
      expect(refusalOf(armour(other, token)).code).toBe('DOCUMENT_HEADER')
      if (VENDOR_KINDS.includes(other as VendorKind) && VENDOR_KINDS.includes(kind as VendorKind)) {
        expect(() => verifyDocument(text, [other as VendorKind], trust(), NOW)).toThrow('expected was')
      }
    }
  })

  test('is refused with the signature of another document', () => {
    const [a = '', b = ''] = [text, forged(HEADER, { ...SAMPLES.licence, seq: 77 })].map(
      (one) => armouredIn(one)[0]?.token,
    )
    const exchanged = `${a.slice(0, a.lastIndexOf('.'))}${b.slice(b.lastIndexOf('.'))}`
    expect(refusalOf(armour(kind, exchanged)).code).toBe('DOCUMENT_SIGNATURE_WRONG')
  })
})

test.each([
  ['no algorithm', { ...HEADER, alg: 'none' }],
  ['an algorithm with a shared secret', { ...HEADER, alg: 'HS256' }],
  ['the newer name of the algorithm', { ...HEADER, alg: 'Ed25519' }],
  ['no type', { alg: 'EdDSA', kid: vendor.kid }],
  ['no key', { alg: 'EdDSA', typ: 'lic+jws' }],
  ['a key id that is a path', { ...HEADER, kid: '../../etc/passwd' }],
  ['a critical extension', { ...HEADER, crit: ['exp'] }],
  ['a key of its own', { ...HEADER, jwk: { kty: 'OKP', crv: 'Ed25519', x: vendor.publicKey } }],
  ['an unencoded payload', { ...HEADER, b64: false }],
])('a header with %s is refused, even with a signature that fits', (_, header) => {
  expect(refusalOf(forged(header))).toMatchObject({ code: 'DOCUMENT_HEADER', kind: 'unverified' })
})

test('a token “signed” with the public key as a shared secret is refused', () => {
  const body = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(SAMPLES.licence)}`
  const mac = createHmac('sha256', Buffer.from(vendor.publicKey, 'base64url')).update(body).digest('base64url')

  refusalOf(armour('licence', `${body}.${mac}`))
  refusalOf(armour('licence', `${body}.`))
  refusalOf(armour('licence', body))
})

test.each([
  ['in the header', forged(`{"alg":"none","alg":"EdDSA","typ":"lic+jws","kid":"${vendor.kid}"}`)],
  ['in the content', forged(HEADER, JSON.stringify(SAMPLES.licence).replace('"seq":1', '"seq":1,"seq":9'))],
  ['deep in the content', forged(HEADER, JSON.stringify(SAMPLES.licence).replace('"max":10', '"max":10,"max":99'))],
  ['spelt otherwise', forged(HEADER, JSON.stringify(SAMPLES.licence).replace('"seq":1', '"seq":1,"s\\u0065q" : 9'))],
])('a name given twice %s is refused', (_, text) => {
  expect(refusalOf(text).message).toMatch(/twice/)
})

test('base64url that an encoder would not write is refused, though it decodes to the same bytes', () => {
  const [{ token = '' } = {}] = armouredIn(signed.receipt())
  const last = token.at(-1) ?? ''
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const same = [...digits].filter(
    (digit) =>
      digit !== last &&
      Buffer.from(`${token.slice(token.lastIndexOf('.') + 1, -1)}${digit}`, 'base64url').equals(
        Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url'),
      ),
  )

  expect(same.length).toBeGreaterThan(0)
  for (const digit of same)
    expect(refusalOf(armour('receipt', token.slice(0, -1) + digit)).message).toMatch(/base64url/)
  refusalOf(armour('receipt', `${token}==`))
})

test.each([
  ['is not an object', '[1]'],
  ['is not an object', 'null'],
  ['is not JSON', '{'],
  ['is not JSON', '\ufeff{}'],
])('content that %s is refused', (why, payload) => {
  expect(refusalOf(forged(HEADER, payload)).message).toMatch(why)
})

test('content that is not UTF-8 is refused', () => {
  const body = `${encode(HEADER)}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}`
  const signature = sign(null, Buffer.from(body), vendor.privateKey).toString('base64url')

  expect(refusalOf(armour('licence', `${body}.${signature}`)).message).toMatch(/UTF-8/)
})

test('a request signed with another key than the one it carries is refused', () => {
  const stranger = testKey('stranger', SAMPLES.request.installation.id)

  expect(refusalOf(signed.request({}, stranger)).code).toBe('DOCUMENT_SIGNATURE_WRONG')
  expect(refusalOf(signed.request({}, testKey('installation', 'another'))).code).toBe('REQUEST_KEY_DIFFERS')
})

test('garbage is refused in words, whatever it is', () => {
  const pieces = [
    '-----BEGIN DOMICILE LICENCE-----',
    '-----END DOMICILE LICENCE-----',
    'a.b.c',
    '',
    '\0',
    '💥',
    '.'.repeat(64),
  ]
  for (let n = 0; n < 7 ** 4; n++) {
    const picked = [n, n / 7, n / 49, n / 343].map((value) => pieces[Math.floor(value) % 7])
    const { message, hint } = refusalOf(picked.join('\n'))
    expect(message.length).toBeGreaterThan(20)
    expect(hint.length).toBeGreaterThan(20)
  }
  refusalOf(armour('licence', encode('['.repeat(100_000)).replace(/^/, `${encode(HEADER)}.`)))
})

test('no message carries control characters of the file to the terminal', () => {
  const messages = [
    refusalOf('-----\u001b[2J\u202e'),
    refusalOf(forged({ ...HEADER, alg: '\u001b[31m' })),
    refusalOf(forged(HEADER, { ...SAMPLES.licence, product: '\u001b[31m\u202e' })),
    refusalOf(forged(HEADER, { ...SAMPLES.licence, limits: { meters: { '\u001b[31m': {} } } })),
    refusalOf(forged(HEADER, `{"\\u001b":1,"\\u001b":2}`)),
  ].map(({ message }) => message)

  expect(messages.join('')).not.toMatch(/[^\P{C}]/u)
})
