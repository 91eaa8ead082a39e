import { type AuditReport, type Reading, readReport } from '@domicile/license/audit'
import { verifyRequest } from '@domicile/license/document'
import { readGiven } from '../../given-file.ts'
import type { Sent } from '../license/exchange.ts'

/** A file that an installation made of itself. */
export interface SentFile extends Sent {
  readonly file: string
  /** When it was made, ISO 8601. */
  readonly madeAt: string
  /** Null: it is a request or a usage document, which holds no record. */
  readonly report: AuditReport | null
}

/**
 * Reads a report, a request or a usage document.
 * @throws UserError NO_FILE; LicenceRefusal when it is none of them, or its own signature does not hold
 */
export async function readSent(file: string, reading: Reading): Promise<SentFile> {
  const text = await readGiven(file)
  if (text.includes('-----BEGIN DOMICILE') && !text.startsWith('{')) {
    const { kind, claims } = verifyRequest(text, reading.now)
    return { file, kind, claims, madeAt: new Date(claims.iat * 1000).toISOString(), report: null }
  }
  const report = readReport(text, reading)
  const { reporter, chain, madeAt } = report
  return { file, kind: 'usage', claims: { installation: reporter.installation, chain }, madeAt, report }
}
