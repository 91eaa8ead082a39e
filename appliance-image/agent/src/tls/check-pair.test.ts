import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { days, type Made, make, type Wishes } from './certificate-fixtures.ts'
import { checkPair, PAIR_SIZE_LIMIT_BYTES } from './check-pair.ts'

const now = new Date('2027-03-01T12:00:00Z')
const name = 'erp.example.com'
const ca = { ca: true, notBefore: days(-400, now), notAfter: days(400, now) }

let root: Made
let intermediate: Made
beforeAll(async () => {
  root = await make({ name: 'Example Root', ...ca })
  intermediate = await make({ name: 'Example Issuing CA', issuer: root, ...ca })
})

const server = (wishes: Partial<Wishes> = {}) =>
  make({
    hostnames: [name],
    issuer: intermediate,
    notBefore: days(-10, now),
    notAfter: days(80, now),
    ...wishes,
  })

const chain = (...links: Made[]) => links.map(({ certificate }) => certificate).join('')

function refusal(certificate: string, key: string, hostnames = [name]): Refusal {
  try {
    checkPair(certificate, key, hostnames, now)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('The pair was taken.')
}

const encrypted = (key: string, type: 'pkcs1' | 'pkcs8') =>
  createPrivateKey(key).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string

describe('checkPair takes', () => {
  test('a server certificate with its chain up to the root', async () => {
    const leaf = await server()

    const pair = checkPair(chain(leaf, intermediate, root), leaf.key, [name], now)

    expect(pair.certificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
    expect(new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))).toBe(true)
  })

  test('the text around the blocks, and an RSA key in the older form, and keeps neither', async () => {
    const leaf = await server({
      keyAlgorithm: {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
    })
    const pkcs1 = createPrivateKey(leaf.key).export({ type: 'pkcs1', format: 'pem' }) as string

    const pair = checkPair(`Bag Attributes\n  x: y\n${chain(leaf, intermediate, root)}`, pkcs1, [name], now)

    expect(pair.certificate).toMatch(/^-----BEGIN CERTIFICATE-----/)
    expect(pair.key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  })

  test('wildcards and addresses', async () => {
    const leaf = await server({ hostnames: ['*.example.com', '192.0.2.7', '2001:db8::7'] })
    const hostnames = [name, '192.0.2.7', '2001:db8::7']

    expect(() => checkPair(chain(leaf, intermediate, root), leaf.key, hostnames, now)).not.toThrow()
  })

  test('a chain without the root that browsers know already', async () => {
    const leaf = await server()

    expect(() => checkPair(chain(leaf, intermediate), leaf.key, [name], now, () => [root.certificate])).not.toThrow()
  })

  test('a certificate that is its own issuer, when it is not that of a CA', async () => {
    const leaf = await make({ hostnames: [name], notBefore: days(-1, now), notAfter: days(90, now) })

    expect(() => checkPair(leaf.certificate, leaf.key, [name], now)).not.toThrow()
  })
})

describe('checkPair refuses', () => {
  test('files that are too large', async () => {
    const { certificate, key } = await server()

    expect(refusal(certificate.padEnd(PAIR_SIZE_LIMIT_BYTES + 1), key)).toMatchObject({
      code: 'TLS_TOO_LARGE',
      message: 'The certificate file is larger than 64 KiB.',
    })
    expect(refusal(certificate, key.padEnd(PAIR_SIZE_LIMIT_BYTES + 1))).toMatchObject({
      code: 'TLS_TOO_LARGE',
      message: 'The key file is larger than 64 KiB.',
    })
  })

  test('a certificate that is not PEM, or is a key', async () => {
    const { key } = await server()

    expect(refusal('\x30\x82', key).code).toBe('TLS_CERTIFICATE_NOT_PEM')
    expect(refusal(key, key).code).toBe('TLS_CERTIFICATE_NOT_PEM')
  })

  test('a damaged certificate, and says which', async () => {
    const leaf = await server()
    const damaged = intermediate.certificate.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')

    expect(refusal(chain(leaf) + damaged, leaf.key)).toMatchObject({
      code: 'TLS_CERTIFICATE_UNREADABLE',
      message: expect.stringContaining('Certificate 2 of 2'),
    })
  })

  test('a key that is not PEM, or is a certificate, or a public key', async () => {
    const leaf = await server()
    const publicKey = createPublicKey(leaf.key).export({ type: 'spki', format: 'pem' }) as string

    expect(refusal(leaf.certificate, '\x30\x82').code).toBe('TLS_KEY_NOT_PEM')
    expect(refusal(leaf.certificate, leaf.certificate).code).toBe('TLS_KEY_NOT_PEM')
    expect(refusal(leaf.certificate, publicKey).code).toBe('TLS_KEY_NOT_PEM')
  })

  test('a damaged key', async () => {
    const leaf = await server()

    expect(refusal(leaf.certificate, leaf.key.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')).code).toBe(
      'TLS_KEY_UNREADABLE',
    )
  })

  test('a key with a password, in either form', async () => {
    const leaf = await server()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsa = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string

    expect(refusal(leaf.certificate, encrypted(leaf.key, 'pkcs8')).code).toBe('TLS_KEY_ENCRYPTED')
    expect(refusal(leaf.certificate, encrypted(rsa, 'pkcs1')).code).toBe('TLS_KEY_ENCRYPTED')
  })

  test.each([
    ['RSA with 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['ed25519', generateKeyPairSync('ed25519')],
  ])('a key that browsers refuse: %s', async (found, { privateKey }) => {
    const { certificate } = await server()

    const { code, message } = refusal(certificate, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)

    expect(code).toBe('TLS_KEY_WEAK')
    expect(message).toContain(found)
  })

  test('a key of another certificate', async () => {
    const [leaf, other] = await Promise.all([server(), server()])

    expect(refusal(chain(leaf, intermediate, root), other.key).code).toBe('TLS_KEY_MISMATCH')
  })

  test('a chain that begins with the issuer', async () => {
    const leaf = await server()

    expect(refusal(chain(root, intermediate, leaf), leaf.key)).toMatchObject({
      code: 'TLS_CHAIN_OUT_OF_ORDER',
      message: expect.stringContaining('certificate 3'),
    })
  })

  test('issuers in the wrong order, and what is not part of the chain', async () => {
    const leaf = await server()
    const stranger = await make({ name: 'Stranger', ...ca })

    expect(refusal(chain(leaf, root, intermediate), leaf.key).code).toBe('TLS_CHAIN_OUT_OF_ORDER')
    expect(refusal(chain(leaf, intermediate, root, stranger), leaf.key)).toMatchObject({
      code: 'TLS_CHAIN_OUT_OF_ORDER',
      message: expect.stringContaining('Stranger'),
    })
  })

  test('a chain without its end or its middle, and names the issuer that is missing', async () => {
    const leaf = await server()

    for (const [links, missing] of [
      [chain(leaf), 'Example Issuing CA'],
      [chain(leaf, intermediate), 'Example Root'],
      [chain(leaf, root), 'Example Issuing CA'],
    ] as const) {
      const { code, message } = refusal(links, leaf.key)
      expect(code).toBe('TLS_CHAIN_INCOMPLETE')
      expect(message).toContain(missing)
    }
  })

  test('a chain that an issuer of the same name did not sign', async () => {
    const impostor = await make({ name: 'Example Issuing CA', issuer: root, ...ca })
    const leaf = await server({ signer: impostor })

    expect(refusal(chain(leaf, intermediate, root), leaf.key).code).toBe('TLS_CHAIN_FORGED')
  })

  test('a chain to a browser CA by name alone', async () => {
    const known = new X509Certificate(rootCertificates[0] as string)
    const impostor = await make({ name: 'x', ...ca })
    const leaf = await server({
      issuer: { ...impostor, parsed: { subject: subjectOf(known) } as Made['parsed'] },
      signer: impostor,
    })

    expect(refusal(leaf.certificate, leaf.key).code).toBe('TLS_CHAIN_INCOMPLETE')
  })

  test('an issuer that is no CA, or is not valid now', async () => {
    const notCa = await make({ name: 'No CA', issuer: root, ...ca, ca: false })
    const expired = await make({ name: 'Old CA', issuer: root, ...ca, notAfter: days(-1, now) })
    const [byNotCa, byExpired] = await Promise.all([server({ issuer: notCa }), server({ issuer: expired })])

    expect(refusal(chain(byNotCa, notCa, root), byNotCa.key).code).toBe('TLS_ISSUER_NOT_CA')
    expect(refusal(chain(byExpired, expired, root), byExpired.key)).toMatchObject({
      code: 'TLS_ISSUER_EXPIRED',
      message: expect.stringContaining('Old CA'),
    })
  })

  test('a signature with SHA-1', async () => {
    const leaf = await server({ hash: 'SHA-1' })

    expect(refusal(chain(leaf, intermediate, root), leaf.key).code).toBe('TLS_SIGNATURE_WEAK')
  })

  test('the certificate of a CA, or of a client', async () => {
    const authority = await server({ ca: true })
    const client = await server({ extendedKeyUsage: '1.3.6.1.5.5.7.3.2' })

    expect(refusal(chain(authority, intermediate, root), authority.key).code).toBe('TLS_PURPOSE')
    expect(refusal(chain(client, intermediate, root), client.key).code).toBe('TLS_PURPOSE')
  })

  test('a certificate without one of the names, and says which; the subject counts for nothing', async () => {
    const leaf = await server()
    const subjectOnly = await server({ name, hostnames: [] })
    const wildcard = await server({ hostnames: ['*.example.com'] })

    expect(refusal(chain(leaf, intermediate, root), leaf.key, [name, 'b.example.com', '192.0.2.7'])).toMatchObject({
      code: 'TLS_NAMES_MISSING',
      message: 'The certificate is for erp.example.com and not for b.example.com, 192.0.2.7.',
    })
    expect(refusal(chain(subjectOnly, intermediate, root), subjectOnly.key).code).toBe('TLS_NAMES_MISSING')
    expect(refusal(chain(wildcard, intermediate, root), wildcard.key, ['a.b.example.com']).code).toBe(
      'TLS_NAMES_MISSING',
    )
  })

  test.each([
    ['TLS_NOT_YET_VALID', { notBefore: days(1, now) }],
    ['TLS_EXPIRED', { notAfter: days(-1, now) }],
    ['TLS_EXPIRED', { notAfter: now }],
    ['TLS_EXPIRES_TODAY', { notAfter: days(0.99, now) }],
  ])('dates that do not hold: %s', async (code, dates) => {
    const leaf = await server(dates)

    expect(refusal(chain(leaf, intermediate, root), leaf.key)).toMatchObject({
      code,
      hint: expect.stringMatching(/\w{3,}/),
    })
  })
})

/** As the generator wants it: `C=GB, O=…`. */
const subjectOf = ({ subject }: X509Certificate) => (subject ?? '').split('\n').join(', ')
