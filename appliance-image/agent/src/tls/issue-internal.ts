import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { InternalRequest } from './issuer.ts'
import type { Pair } from './pair.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const ROOT_DAYS = 3653
const LEAF_DAYS = 90
/** Other machines' clocks may be behind ours; the root is there for longer, so it is generous. */
const LEAF_BACKDATED_MS = 5 * MINUTE_MS
const ROOT_BACKDATED_MS = DAY_MS
const COMMON_NAME_LIMIT = 64

/** A server certificate for the host names, signed by the internal CA, which is made where there is none. */
export async function issueInternal(request: InternalRequest): Promise<{ root: Pair; leaf: Pair }> {
  const now = new Date(request.now)
  const root = request.root ?? (await issueRoot(request.appliance, now))
  return { root, leaf: await issueLeaf(root, request.hostnames, now) }
}

async function issueRoot(appliance: string, now: Date): Promise<Pair> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`${appliance} internal CA`] }],
    notBefore: new Date(now.getTime() - ROOT_BACKDATED_MS),
    notAfter: new Date(now.getTime() + ROOT_DAYS * DAY_MS),
    signingAlgorithm: ECDSA,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) }
}

async function issueLeaf(root: Pair, hostnames: readonly string[], now: Date): Promise<Pair> {
  const keys = await generateKeys()
  const issuer = new x509.X509Certificate(root.certificate)
  const notAfter = Math.min(now.getTime() + LEAF_DAYS * DAY_MS, issuer.notAfter.getTime())
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [hostnames.find((name) => name.length <= COMMON_NAME_LIMIT) ?? 'appliance'] }],
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - LEAF_BACKDATED_MS),
    notAfter: new Date(notAfter),
    signingAlgorithm: ECDSA,
    publicKey: keys.publicKey,
    signingKey: await importKey(root.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hostnames.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: await exportKey(keys.privateKey) }
}

const generateKeys = () => webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])

/** 127 random bits: positive, and never zero. */
const serialNumber = () => {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

const pem = (certificate: x509.X509Certificate) => `${certificate.toString('pem').trim()}\n`

const exportKey = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY').trim()}\n`

const importKey = (text: string) =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(text), ECDSA, false, ['sign'])
