import {
  type AuditFigures,
  type AuditReport,
  type Comparison,
  compareReports,
  type Period,
  type Reporter,
} from '@domicile/license/audit'
import type { LicenceTrust } from '@domicile/license/document'
import { type Finding, SEAL } from '@domicile/license/ledger'
import { counted } from '../../license/audit-words.ts'
import { installationFingerprint } from '../../license/installation-key.ts'
import { type CounterSignature, counterSignatures } from './counter-signed.ts'

/** What somebody who has nothing but a report and public keys can say about it. */
export interface Verification {
  /** Nothing was found. */
  readonly holds: boolean
  readonly findings: readonly VerificationFinding[]
  readonly reporter: Reporter
  readonly signature: {
    /** Of the installation's key. */
    readonly fingerprint: string
    /** False: the key is the one that the report carries, and nobody said whose it is. */
    readonly compared: boolean
  }
  readonly madeAt: string
  readonly period: Period
  readonly timezone: string
  readonly record: {
    readonly lines: number
    readonly genesis: string
    readonly head: string
    /** Licence time of the first line, and of the last. */
    readonly from: string
    readonly until: string
    /** Days that the record has sealed, and those of which the report holds the hours. */
    readonly sealedDays: number
    readonly daysByHour: number
  }
  readonly vendor: {
    /** False: no key of the vendor was given. */
    readonly checked: boolean
    /** Documents of the vendor in the record, and how many of them no key that was given signed. */
    readonly documents: number
    readonly doubtful: number
    readonly counterSignatures: readonly CounterSignature[]
  }
  /** How it stands to an earlier report; null: none was given. */
  readonly since: Pick<Comparison, 'kinship' | 'lastCommon' | 'gap' | 'words'> | null
  readonly figures: AuditFigures
}

export interface VerificationFinding {
  /** `NOT_CONTINUED`: it does not go on where the earlier report ended. `EARLIER_DOUBTFUL`: that one does not hold itself. */
  readonly code: Finding['code'] | 'NOT_CONTINUED' | 'EARLIER_DOUBTFUL'
  readonly day: string | null
  readonly message: string
}

export interface Grounds {
  readonly vendorKeys: LicenceTrust['vendorKeys']
  /** Somebody said whose key the report must be signed with. */
  readonly compared: boolean
  /** The earlier report. */
  readonly since: AuditReport | null
}

/** What a report that was read with these keys amounts to. */
export function verificationOf(report: AuditReport, { vendorKeys, compared, since }: Grounds): Verification {
  const { reporter, madeAt, period, timezone, chain, evidence, figures } = report
  const { lines, days } = evidence
  const comparison = since && compareReports(since, report)
  const earlier = since && comparison ? earlierFindings(since, comparison) : []
  const findings = [...report.findings, ...earlier]
  const checked = vendorKeys.length > 0
  return {
    ...{ holds: findings.length === 0, findings, reporter },
    signature: { fingerprint: installationFingerprint(reporter.installation.publicKey), compared },
    ...{ madeAt, period, timezone },
    record: {
      ...{ lines: chain.length, genesis: chain.genesis, head: chain.head },
      ...{ from: lines[0]?.at ?? '', until: lines.at(-1)?.at ?? '' },
      sealedDays: lines.filter(({ kind }) => kind === SEAL).length,
      daysByHour: days.length,
    },
    vendor: {
      checked,
      documents: lines.filter(({ kind }) => kind === 'imported').length,
      doubtful: report.findings.filter(({ code }) => code === 'DOCUMENT_DOUBTFUL').length,
      counterSignatures: counterSignatures(lines, checked ? vendorKeys : null, reporter),
    },
    since: comparison && sinceOf(comparison),
    figures,
  }
}

const sinceOf = ({ kinship, lastCommon, gap, words }: Comparison) => ({ kinship, lastCommon, gap, words })

function earlierFindings(since: AuditReport, { kinship, earlier, words }: Comparison): VerificationFinding[] {
  const doubtful = since.findings.length
  return [
    ...(doubtful > 0
      ? [finding('EARLIER_DOUBTFUL', `The earlier report does not hold itself: ${counted(doubtful, 'finding')}.`)]
      : []),
    ...(kinship === 'forked' || kinship === 'foreign' ? [finding('NOT_CONTINUED', words.join(' '))] : []),
    ...(kinship === 'continued' && earlier === 'b' ? [finding('NOT_CONTINUED', SHORTER)] : []),
  ]
}

const SHORTER =
  'The record of this report ends before that of the earlier one: the two were given in the wrong order, or the record was put back to an earlier state.'

const finding = (code: VerificationFinding['code'], message: string): VerificationFinding => ({
  code,
  day: null,
  message,
})
