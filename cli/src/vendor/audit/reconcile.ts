import { createHash } from 'node:crypto'
import {
  type AuditReport,
  type Prices,
  parsePrices,
  type Reconciliation,
  readReport,
  reconcile,
} from '@domicile/license/audit'
import {
  acceptKeyList,
  type LicenceClaims,
  type LicenceTrust,
  parseDocument,
  readClaims,
  splitDocuments,
  verifyDocument,
} from '@domicile/license/document'
import { effectiveLicence, type StandingEvent } from '@domicile/license/standing'
import { parseTerms } from '@domicile/license/terms'
import { readGiven } from '../../given-file.ts'
import { installationFingerprint } from '../../license/installation-key.ts'
import { noLicence } from '../../license/simulate-licence.ts'
import { type VerificationFinding, verificationOf } from './verification.ts'

export interface Reconciled {
  /** Nothing was found in any report. */
  readonly holds: boolean
  readonly findings: readonly (VerificationFinding & { readonly file: string })[]
  /** False: no key of the vendor was given, so nothing that it signed was checked. */
  readonly vendorChecked: boolean
  /** What all this is computed from, as files. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[]
  /** Of each installation's key, as its reports carry it. */
  readonly keys: readonly { readonly installation: string; readonly fingerprint: string }[]
  readonly statement: Reconciliation
}

export interface Given {
  readonly reports: readonly string[]
  /** A licence, and what came after it: renewals, receipts, key lists. */
  readonly licence: string
  readonly prices?: string | undefined
}

/**
 * Reads reports, licence and prices from files, and says what follows.
 * @throws UserError NO_FILE, NO_LICENCE; LicenceRefusal for what cannot be read, or was not signed by these keys
 */
export async function reconciled(given: Given, vendorKeys: LicenceTrust['vendorKeys'], now: Date): Promise<Reconciled> {
  const licence = await read(given.licence)
  const prices = given.prices === undefined ? null : await read(given.prices)
  const sent = await Promise.all(given.reports.map(read))
  const reports = sent.map(({ text }) => readReport(text, { now, vendorKeys }))
  const findings = findingsIn(reports, given.reports, vendorKeys)
  const keys = new Map(reports.map(({ reporter: { installation } }) => [installation.id, installation.publicKey]))
  return {
    ...{ holds: findings.length === 0, findings, vendorChecked: vendorKeys.length > 0 },
    files: [...sent, licence, ...(prices ? [prices] : [])].map(({ name, sha256 }) => ({ name, sha256 })),
    keys: [...keys].map(([installation, key]) => ({ installation, fingerprint: installationFingerprint(key) })),
    statement: statementOf(
      reports,
      licenceIn(licence.text, given.licence, vendorKeys, now),
      prices && parsePrices(prices.text),
    ),
  }
}

const statementOf = (reports: readonly AuditReport[], licence: LicenceClaims, prices: Prices | null) =>
  reconcile({ reports, licence, terms: parseTerms(licence.terms.text), prices })

async function read(name: string) {
  const text = await readGiven(name)
  return { name, text, sha256: createHash('sha256').update(text).digest('hex') }
}

/** Of each report, and whether those of one installation go on from each other. */
function findingsIn(
  reports: readonly AuditReport[],
  files: readonly string[],
  vendorKeys: LicenceTrust['vendorKeys'],
): Reconciled['findings'] {
  const inOrder = reports
    .map((report, index) => ({ report, file: files[index] ?? '' }))
    .toSorted((a, b) => a.report.chain.length - b.report.chain.length)
  return inOrder.flatMap(({ report, file }, index) => {
    const before = inOrder
      .slice(0, index)
      .findLast((one) => one.report.reporter.installation.id === report.reporter.installation.id)
    const { findings } = verificationOf(report, { vendorKeys, compared: false, since: before?.report ?? null })
    return findings.filter(({ code }) => code !== 'EARLIER_DOUBTFUL').map((finding) => ({ ...finding, file }))
  })
}

/** The last licence of a file, with what follows it there, as if each were brought in at once. */
export function licenceIn(
  text: string,
  file: string,
  vendorKeys: LicenceTrust['vendorKeys'],
  now: Date,
): LicenceClaims {
  let trust: LicenceTrust = { vendorKeys, list: null }
  const events: StandingEvent[] = []
  for (const document of splitDocuments(text)) {
    const { kind } = parseDocument(document)
    if (kind === 'keys' && vendorKeys.length > 0) trust = acceptKeyList(trust, document, now)
    if (kind !== 'licence' && kind !== 'renewal' && kind !== 'receipt') continue
    const claims =
      vendorKeys.length > 0 ? verifyDocument(document, [kind], trust, now).claims : unverified(document, kind, file)
    events.push({ at: now.toISOString(), kind: 'imported', document: kind, claims } as StandingEvent)
  }
  const licence = effectiveLicence(events)
  if (licence) return licence
  throw noLicence(
    `${file} holds no licence.`,
    'Give the file with the licence itself; renewals follow it in the same file.',
  )
}

function unverified(document: string, kind: 'licence' | 'renewal' | 'receipt', file: string) {
  const { claims, problems } = readClaims(kind, parseDocument(document).unverified)
  if (claims) return claims
  throw noLicence(`The ${kind} in ${file} is not valid: ${problems.join('; ')}`, 'Ask the vendor for another.')
}
