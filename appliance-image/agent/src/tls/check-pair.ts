import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { Refusal } from '../refusal.ts'
import { checkChain } from './check-chain.ts'
import { certificateBlocks, covers, namesOf, type Pair } from './pair.ts'

export const PAIR_SIZE_LIMIT_BYTES = 64 * 1024
const LEFT_AT_LEAST_MS = 24 * 60 * 60 * 1000
const RSA_BITS_AT_LEAST = 2048
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'

/**
 * Whether a customer's certificate and key can be served for these host names, now and for a day at least.
 *
 * @param certificate PEM: the server's certificate first, then each issuer in turn.
 * @param key PEM, without a password.
 * @param knownRoots PEM of the roots that browsers know already; Mozilla's by default.
 * @returns the pair in the form the agent keeps: PEM blocks alone, the key as PKCS#8.
 * @throws Refusal that says what is wrong and what to do.
 */
export function checkPair(
  certificate: string,
  key: string,
  hostnames: readonly string[],
  now: Date,
  knownRoots?: () => readonly string[],
): Pair {
  checkSize(certificate, key)
  const chain = parseCertificates(certificate)
  const leaf = chain[0] as X509Certificate
  const privateKey = parseKey(key)
  checkKeyStrength(privateKey)
  checkMatch(chain, privateKey)
  checkPurpose(leaf)
  checkNames(leaf, hostnames)
  checkDates(leaf, now)
  checkChain(chain, now, knownRoots)
  return {
    certificate: chain.map((link) => link.toString()).join(''),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function checkSize(certificate: string, key: string): void {
  for (const [what, text] of [
    ['certificate', certificate],
    ['key', key],
  ] as const) {
    if (Buffer.byteLength(text) <= PAIR_SIZE_LIMIT_BYTES) continue
    throw new Refusal({
      code: 'TLS_TOO_LARGE',
      message: `The ${what} file is larger than ${PAIR_SIZE_LIMIT_BYTES / 1024} KiB.`,
      hint: 'Give a file that holds only the server certificate with its chain, and another with its key.',
    })
  }
}

function parseCertificates(text: string): X509Certificate[] {
  const blocks = certificateBlocks(text)
  if (blocks.length === 0) {
    throw new Refusal({
      code: 'TLS_CERTIFICATE_NOT_PEM',
      message: 'The certificate file holds no "-----BEGIN CERTIFICATE-----" block.',
      hint: 'Convert it: openssl x509 -inform der -in FILE -out cert.pem, or for a .pfx file: openssl pkcs12 -in FILE -nokeys -out cert.pem',
    })
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new Refusal({
        code: 'TLS_CERTIFICATE_UNREADABLE',
        message: `Certificate ${index + 1} of ${blocks.length} in the file is damaged.`,
        hint: 'Copy the file again from where it was issued; openssl x509 -in FILE -noout -text shows whether it can be read.',
      })
    }
  })
}

function parseKey(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new Refusal({
      code: 'TLS_KEY_ENCRYPTED',
      message: 'The key is protected by a password, which the appliance could not type after a restart.',
      hint: 'Remove the password and keep the result safe: openssl pkey -in FILE -out key.pem',
    })
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(text)) {
    throw new Refusal({
      code: 'TLS_KEY_NOT_PEM',
      message: 'The key file holds no "-----BEGIN PRIVATE KEY-----" block.',
      hint: 'Convert it: openssl pkey -inform der -in FILE -out key.pem, or for a .pfx file: openssl pkcs12 -in FILE -nocerts -nodes -out key.pem',
    })
  }
  try {
    return createPrivateKey(text)
  } catch {
    throw new Refusal({
      code: 'TLS_KEY_UNREADABLE',
      message: 'The key is damaged.',
      hint: 'Copy the file again from where it was made; openssl pkey -in FILE -noout shows whether it can be read.',
    })
  }
}

function checkKeyStrength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS_AT_LEAST) return
  if (asymmetricKeyType === 'ec' && CURVES.includes(namedCurve)) return

  const found = asymmetricKeyType === 'rsa' ? `RSA with ${modulusLength} bits` : namedCurve || asymmetricKeyType
  throw new Refusal({
    code: 'TLS_KEY_WEAK',
    message: `The key is ${found}; browsers want RSA with ${RSA_BITS_AT_LEAST} bits or more, or ECDSA on P-256, P-384 or P-521.`,
    hint: 'Make a new key and have a certificate issued for it: openssl ecparam -name prime256v1 -genkey -noout -out key.pem',
  })
}

function checkMatch(chain: readonly X509Certificate[], key: KeyObject): void {
  const owner = chain.findIndex((certificate) => certificate.checkPrivateKey(key))
  if (owner === 0) return
  if (owner > 0) {
    throw new Refusal({
      code: 'TLS_CHAIN_OUT_OF_ORDER',
      message: `The key belongs to certificate ${owner + 1} of the file; the server's own must be the first.`,
      hint: 'Put the server certificate first, then the one that issued it, and so on.',
    })
  }
  throw new Refusal({
    code: 'TLS_KEY_MISMATCH',
    message: 'The key does not belong to the certificate.',
    hint: 'Give the key with which this certificate was requested, or have a new certificate issued for this key.',
  })
}

function checkPurpose(leaf: X509Certificate): void {
  const usages = leaf.keyUsage // Node's name for the extended key usage
  if (!leaf.ca && (!usages || usages.includes(SERVER_AUTHENTICATION))) return
  throw new Refusal({
    code: 'TLS_PURPOSE',
    message: leaf.ca ? 'The certificate is that of a CA, not of a server.' : 'The certificate is not for servers.',
    hint: 'Have a certificate issued for TLS server authentication (extended key usage serverAuth).',
  })
}

function checkNames(leaf: X509Certificate, hostnames: readonly string[]): void {
  const missing = hostnames.filter((name) => !covers(leaf, name))
  if (missing.length === 0) return
  throw new Refusal({
    code: 'TLS_NAMES_MISSING',
    message: `The certificate is for ${namesOf(leaf).join(', ') || 'no name'} and not for ${missing.join(', ')}.`,
    hint: 'Have a certificate issued with every name of the appliance as subject alternative name, or change the names of the appliance.',
  })
}

function checkDates({ validFromDate, validToDate }: X509Certificate, now: Date): void {
  if (now < validFromDate) {
    throw new Refusal({
      code: 'TLS_NOT_YET_VALID',
      message: `The certificate is valid from ${validFromDate.toISOString()} on; the clock here says ${now.toISOString()}.`,
      hint: 'If the clock is wrong, correct it (timedatectl); else wait until the certificate is valid.',
    })
  }
  if (now >= validToDate) {
    throw new Refusal({
      code: 'TLS_EXPIRED',
      message: `The certificate expired at ${validToDate.toISOString()}; the clock here says ${now.toISOString()}.`,
      hint: 'Have it renewed where it was issued, or correct the clock (timedatectl).',
    })
  }
  if (validToDate.getTime() - now.getTime() < LEFT_AT_LEAST_MS) {
    throw new Refusal({
      code: 'TLS_EXPIRES_TODAY',
      message: `The certificate expires at ${validToDate.toISOString()}, in less than a day.`,
      hint: 'Have it renewed where it was issued and give the new one.',
    })
  }
}
