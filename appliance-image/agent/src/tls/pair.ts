import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate with its chain (PEM, leaf first) and the leaf's key (PEM, PKCS#8, not encrypted). */
export interface Pair {
  readonly certificate: string
  readonly key: string
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const KEY = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/

export const certificateBlocks = (text: string): string[] => text.match(CERTIFICATE) ?? []

export const leafOf = ({ certificate }: Pair) => new X509Certificate(certificate)

/** Both halves in one text, so that one atomic write replaces both. */
export const toBundle = ({ certificate, key }: Pair) => `${key.trim()}\n${certificate.trim()}\n`

/** Reads what `toBundle` wrote; null when it is damaged or the halves do not belong together. */
export function fromBundle(text: string): Pair | null {
  const key = text.match(KEY)?.[0]
  const blocks = certificateBlocks(text)
  if (!key || !blocks[0]) return null
  try {
    if (!new X509Certificate(blocks[0]).checkPrivateKey(createPrivateKey(key))) return null
  } catch {
    return null
  }
  return { certificate: `${blocks.join('\n')}\n`, key: `${key}\n` }
}

/** Whether a browser accepts the certificate for this host name or address; the subject's name counts for nothing. */
export const covers = (certificate: X509Certificate, hostname: string): boolean =>
  isIP(hostname)
    ? certificate.checkIP(hostname) !== undefined
    : certificate.checkHost(hostname, { subject: 'never', partialWildcards: false }) !== undefined

/** The names a certificate is for, as they stand in it: `erp.example.com`, `*.example.com`, `192.0.2.7`. */
export const namesOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  (subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry !== '')
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ''))

/** Names a pair's folder: another chain is another pair, although the leaf is the same. */
export const digestOf = ({ certificate }: Pair) => createHash('sha256').update(certificate).digest('hex').slice(0, 16)
