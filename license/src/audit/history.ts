import type { Claims, LicenceTrust } from '../document/index.ts'
import { emptyHoldings, type Holdings, IMPORTED, replay } from '../holdings/index.ts'
import type { Finding } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { effectiveLicence } from '../standing/index.ts'
import { endOf, parseTerms } from '../terms/index.ts'
import { type Licences, licenceAt } from './limits.ts'
import { mayLeave } from './record-kinds.ts'
import type { Period, Reporter } from './types.ts'

/** Keys of the vendor; null: nobody has them at hand, and documents are only read. */
export type VendorKeys = LicenceTrust['vendorKeys'] | null

export interface History {
  readonly licences: Licences
  /** What the vendor counter-signed of this record, oldest first. */
  readonly anchors: readonly Claims<'anchor'>[]
  /** Documents in the record that do not count. */
  readonly findings: readonly Finding[]
}

/**
 * The licences that were in force, with renewals and receipts applied, and what the vendor counter-signed: the documents of
 * a record, taken as the appliance took them. Which keys count is said by whoever reads, not by the record.
 */
export function licencesIn(
  lines: readonly RecordLine[],
  vendorKeys: VendorKeys,
  { product, installation }: Pick<Reporter, 'product' | 'installation'>,
): History {
  const documents = lines.filter((line) => line.kind === IMPORTED && mayLeave(line))
  const where = { product, installation: installation.id, unverified: vendorKeys === null }
  const { holdings, doubtful } = replay(emptyHoldings(vendorKeys ?? []), documents, where)
  const findings = doubtful.map(({ line, why }) => doubtfulDocument(line, why))
  return { licences: inForce(holdings), anchors: holdings.anchors, findings }
}

/** One after the other, each from its import on. */
const inForce = ({ events }: Holdings): Licences =>
  events.flatMap((event, index) => {
    if (event.kind !== 'imported' || event.document === 'order') return []
    const claims = effectiveLicence(events.slice(0, index + 1))
    return claims ? [{ from: event.at, claims }] : []
  })

/** Where the days of a contract begin: in the time zone of the terms in force at the end of a period; else in UTC. */
export function timezoneOf(licences: Licences, { to }: Period): string {
  const until = endOf(to, 'UTC')
  const terms = licenceAt(licences, until - 1)?.terms
  try {
    return terms ? parseTerms(terms.text).timezone : 'UTC'
  } catch (error) {
    if (error instanceof LicenceRefusal) return 'UTC'
    throw error
  }
}

const doubtfulDocument = ({ n, data }: RecordLine, { code }: LicenceRefusal): Finding => ({
  code: 'DOCUMENT_DOUBTFUL',
  day: null,
  message: `The ${data['document']} ${data['jti']} in line ${n} of the record does not count (${code}): no figure is made of it.`,
})
