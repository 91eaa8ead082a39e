import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { Pair } from './pair.ts'

/** Certificates for tests, as the CAs of customers make them. */

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 24 * 60 * 60 * 1000

export const days = (count: number, from: Date) => new Date(from.getTime() + count * DAY_MS)

export interface Wishes {
  readonly name?: string
  readonly hostnames?: readonly string[]
  readonly ca?: boolean
  readonly issuer?: Made
  readonly notBefore: Date
  readonly notAfter: Date
  readonly hash?: string
  readonly keyAlgorithm?: webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams
  readonly extendedKeyUsage?: string
  /** Signs with this key instead of the issuer's: a forgery. */
  readonly signer?: Made
}

export interface Made extends Pair {
  readonly keys: webcrypto.CryptoKeyPair
  readonly parsed: x509.X509Certificate
}

export async function make(wishes: Wishes): Promise<Made> {
  const { name = 'server', hostnames = [], ca = false, issuer, keyAlgorithm, hash = 'SHA-256' } = wishes
  const keys = (await webcrypto.subtle.generateKey(keyAlgorithm ?? P256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const signer = wishes.signer ?? issuer
  const parsed = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: [{ CN: [name] }],
    issuer: issuer?.parsed.subject ?? `CN=${name}`,
    notBefore: wishes.notBefore,
    notAfter: wishes.notAfter,
    signingAlgorithm: { ...(signer?.keys ?? keys).privateKey.algorithm, hash },
    publicKey: keys.publicKey,
    signingKey: (signer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      ...(hostnames.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              hostnames.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
            ),
          ]),
      ...(wishes.extendedKeyUsage ? [new x509.ExtendedKeyUsageExtension([wishes.extendedKeyUsage])] : []),
    ],
  })
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { certificate: `${parsed.toString('pem')}\n`, key: `${key}\n`, keys, parsed }
}
