import { X509Certificate } from 'node:crypto'
import { Refusal } from '../refusal.ts'

const WEAK_SIGNATURE = /md5|sha1/i

/**
 * Whether each certificate is issued by the next one, up to a root that is its own issuer or to a CA that browsers know.
 *
 * @throws Refusal that names the issuer that is missing, misplaced, out of its dates or not what it says.
 */
export function checkChain(chain: readonly X509Certificate[], now: Date, knownRoots = browserRoots): void {
  for (const [index, certificate] of chain.entries()) {
    if (isSelfIssued(certificate)) {
      checkSignature(certificate, certificate)
      checkNothingFollows(chain, index)
      return
    }
    checkSignatureAlgorithm(certificate)
    const issuer = chain[index + 1]
    if (!issuer) {
      checkKnownIssuer(certificate, knownRoots())
      return
    }
    if (!certificate.checkIssued(issuer)) throw misplaced(chain, index)
    checkSignature(certificate, issuer)
    checkIssuer(issuer, now)
  }
}

/** Those of Mozilla, PEM. Loaded when needed: the module takes megabytes, and a certificate is given once in a year. */
const browserRoots = () => process.getBuiltinModule('node:tls').rootCertificates

const isSelfIssued = (certificate: X509Certificate) => certificate.checkIssued(certificate)

const nameOf = ({ subject, subjectAltName }: X509Certificate) => oneLine(subject) || subjectAltName || 'without a name'

const oneLine = (name: string | undefined) => (name ?? '').trim().replaceAll('\n', ', ')

function checkSignature(certificate: X509Certificate, issuer: X509Certificate): void {
  if (certificate.verify(issuer.publicKey)) return
  throw new Refusal({
    code: 'TLS_CHAIN_FORGED',
    message: `The certificate "${nameOf(certificate)}" names "${nameOf(issuer)}" as its issuer but was not signed by it.`,
    hint: 'Get the chain again from where the certificate was issued: an issuer of the same name has another key.',
  })
}

/** The root's own signature is not looked at: it is trusted for its key. */
function checkSignatureAlgorithm(certificate: X509Certificate): void {
  if (!WEAK_SIGNATURE.test(certificate.signatureAlgorithm ?? '')) return
  throw new Refusal({
    code: 'TLS_SIGNATURE_WEAK',
    message: `The certificate "${nameOf(certificate)}" is signed with ${certificate.signatureAlgorithm}, which browsers refuse.`,
    hint: 'Have it issued again with SHA-256.',
  })
}

function checkIssuer(issuer: X509Certificate, now: Date): void {
  if (!issuer.ca) {
    throw new Refusal({
      code: 'TLS_ISSUER_NOT_CA',
      message: `The certificate "${nameOf(issuer)}" is used as an issuer but is not that of a CA.`,
      hint: 'Get the chain again from where the certificate was issued.',
    })
  }
  if (now >= issuer.validFromDate && now < issuer.validToDate) return
  throw new Refusal({
    code: 'TLS_ISSUER_EXPIRED',
    message: `The issuer "${nameOf(issuer)}" is valid from ${issuer.validFromDate.toISOString()} to ${issuer.validToDate.toISOString()}, and not now.`,
    hint: 'Get the present chain from where the certificate was issued.',
  })
}

function checkNothingFollows(chain: readonly X509Certificate[], index: number): void {
  const stray = chain[index + 1]
  if (!stray) return
  throw new Refusal({
    code: 'TLS_CHAIN_OUT_OF_ORDER',
    message: `The chain ends with the root "${nameOf(chain[index] as X509Certificate)}", yet "${nameOf(stray)}" follows it.`,
    hint: 'Order the file: server certificate, then its issuer, and so on; the root is the last. Remove what is not part of it.',
  })
}

function checkKnownIssuer(certificate: X509Certificate, roots: readonly string[]): void {
  for (const pem of roots) {
    const root = new X509Certificate(pem)
    if (certificate.checkIssued(root) && certificate.verify(root.publicKey)) return
  }
  throw new Refusal({
    code: 'TLS_CHAIN_INCOMPLETE',
    message: `The chain ends with "${nameOf(certificate)}"; its issuer "${oneLine(certificate.issuer)}" is missing.`,
    hint: "Append that issuer's certificate (PEM) to the file, and so on up to the root.",
  })
}

/** The next certificate is not the issuer: it stands elsewhere in the file, or not in it at all. */
function misplaced(chain: readonly X509Certificate[], index: number): Refusal {
  const certificate = chain[index] as X509Certificate
  const elsewhere = chain.findIndex((candidate) => certificate.checkIssued(candidate))
  if (elsewhere === -1) {
    return new Refusal({
      code: 'TLS_CHAIN_INCOMPLETE',
      message: `The issuer "${oneLine(certificate.issuer)}" of "${nameOf(certificate)}" is missing from the chain.`,
      hint: `Insert that issuer's certificate (PEM) after certificate ${index + 1}.`,
    })
  }
  return new Refusal({
    code: 'TLS_CHAIN_OUT_OF_ORDER',
    message: `Certificate ${elsewhere + 1} of the file issued certificate ${index + 1} and must follow it.`,
    hint: 'Order the file: server certificate, then its issuer, and so on; the root is the last.',
  })
}
