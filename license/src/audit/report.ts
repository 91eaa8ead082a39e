import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { Claims, TrustedKey } from '../document/index.ts'
import { chainOf } from '../record/index.ts'
import { endOf, startOf } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { type EvidenceSource, undoubted } from './blocks.ts'
import { auditFigures } from './figures.ts'
import { licencesIn, timezoneOf, type VendorKeys } from './history.ts'
import { contradictedLimits } from './limit-findings.ts'
import { leaving } from './record-kinds.ts'
import { noReport, type ReportHead, readReportFile, signatureLine, writeReport } from './report-file.ts'
import {
  type Anchor,
  atMost,
  evidenceFindings,
  figuresFinding,
  readDays,
  signatureFindings,
  usableDays,
} from './report-findings.ts'
import type { AuditReport } from './types.ts'

export interface ReportParts extends ReportHead {
  /** The whole record, and the days that `evidenceDays` names; better read one after the other than held all at once. */
  readonly evidence: EvidenceSource
  /** Of the licence in force. */
  readonly contract: string | null
  readonly seq: number | null
  /** Counted now. */
  readonly usage: Claims<'usage'>['usage']
  /** With which the documents in the record are verified again; null: they were. */
  readonly vendorKeys: VendorKeys
}

/**
 * Makes the file of a report. What a line of the record says and is not of the sort that leaves is left out.
 * @param sign signs a usage document with the key of the installation, and gives it armoured
 */
export async function composeReport(
  parts: ReportParts,
  sign: (claims: Claims<'usage'>) => Promise<string>,
): Promise<string> {
  const { reporter, period, timezone } = parts
  const evidence = { lines: parts.evidence.lines.map(leaving), days: parts.evidence.days }
  const { licences } = licencesIn(evidence.lines, parts.vendorKeys, reporter)
  const figures = auditFigures({ reporter, period, timezone, evidence: undoubted(evidence), licences })
  const text = writeReport(parts, figures, evidence)
  return text + signatureLine(await sign(usageClaims(parts, text)))
}

function usageClaims(
  { reporter, period, timezone, madeAt, evidence, ...parts }: ReportParts,
  text: string,
): Claims<'usage'> {
  const { contract, seq, usage } = parts
  const { installation, product, version, purpose } = reporter
  const sha256 = hash('sha256', text)
  return {
    jti: uuidOf(sha256),
    iss: 'installation',
    iat: Math.floor(Date.parse(madeAt) / 1000),
    installation: { id: installation.id, publicKey: installation.publicKey },
    ...{ product, version, purpose, contract, seq, usage },
    chain: chainOf(evidence.lines),
    period: { from: iso(startOf(period.from, timezone)), until: iso(endOf(period.to, timezone)) },
    report: { sha256, bytes: Buffer.byteLength(text) },
  }
}

/** One report, one number: made of its digest (RFC 9562, version 8). */
const uuidOf = (digest: string) =>
  `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`

export interface Reading {
  /** Against which a report cannot be of the future. */
  readonly now: Date
  /** Of the vendor; empty: documents in the record are read and not verified. */
  readonly vendorKeys: readonly TrustedKey[]
  /** Ed25519, 32 bytes in base64url, of the installation that is expected to report; null: whoever it says it is. */
  readonly installationKey?: string | null
  /** What the vendor counter-signed, where its documents may not be in the record any more. */
  readonly anchors?: readonly Anchor[]
}

/**
 * Reads a report, and checks everything that can be checked of it. Its figures are computed anew from its evidence.
 * @returns with everything that is wrong in `findings`
 * @throws LicenceRefusal REPORT_UNREADABLE, REPORT_TOO_LARGE, REPORT_VERSION for what is no report
 */
export function readReport(
  text: string,
  { now, vendorKeys, installationKey = null, anchors = [] }: Reading,
): AuditReport {
  const file = readReportFile(text)
  const { reporter, period, lines } = file
  if (lines.length === 0) throw noReport()
  const history = licencesIn(lines, vendorKeys.length > 0 ? vendorKeys : null, reporter)
  const { licences } = history
  const timezone = timezoneOf(licences, period)
  const key = publicKeyOf(installationKey ?? reporter.installation.publicKey)
  const days = readDays(file)
  const found = evidenceFindings({ ...file, timezone }, { days, key, anchors: [...history.anchors, ...anchors] })
  const evidence = { lines, days: usableDays(days, found) }
  const figures = auditFigures({ reporter, period, timezone, evidence, licences })
  return {
    ...{ reporter, period, timezone, madeAt: file.madeAt, chain: chainOf(lines), evidence, figures, licences },
    findings: atMost([
      ...signatureFindings(file, { now, installationKey }),
      ...found,
      ...history.findings,
      ...contradictedLimits(evidence.days, licences),
      ...figuresFinding(file, figures),
    ]),
  }
}

/** Null where it is no key: that is found with the signature. */
function publicKeyOf(x: string): KeyObject | null {
  try {
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
  } catch {
    return null
  }
}
