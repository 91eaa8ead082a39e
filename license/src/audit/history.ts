import { hash } from 'node:crypto'
import {
  acceptDocument,
  acceptKeyList,
  type Claims,
  type Held,
  type LicenceTrust,
  NOTHING_HELD,
  parseDocument,
  readClaims,
  type VendorKind,
  type VerifiedDocument,
  verifyDocument,
} from '../document/index.ts'
import type { Finding } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { effectiveLicence, type StandingEvent } from '../standing/index.ts'
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

interface Course {
  trust: LicenceTrust
  held: Held
  events: readonly StandingEvent[]
  licences: Licences
  readonly anchors: Claims<'anchor'>[]
}

const KINDS = ['licence', 'renewal', 'order', 'receipt', 'keys', 'unlock', 'anchor'] as const

/**
 * Replays the documents of a record as the appliance took them: the licences that were in force, with renewals and receipts
 * applied, and what the vendor counter-signed.
 */
export function licencesIn(
  lines: readonly RecordLine[],
  vendorKeys: VendorKeys,
  reporter: Pick<Reporter, 'product' | 'installation'>,
): History {
  const course: Course = {
    trust: { vendorKeys: vendorKeys ?? [], list: null },
    ...{ held: NOTHING_HELD, events: [], licences: [], anchors: [] },
  }
  const findings: Finding[] = []
  for (const line of lines) {
    if (line.kind !== 'imported' || !mayLeave(line)) continue
    try {
      take(course, line, vendorKeys === null, reporter)
    } catch (error) {
      if (!(error instanceof LicenceRefusal)) throw error
      findings.push(doubtful(line, error))
    }
  }
  const { licences, anchors } = course
  return { licences, anchors, findings }
}

function take(
  course: Course,
  line: RecordLine,
  unverified: boolean,
  reporter: Pick<Reporter, 'product' | 'installation'>,
) {
  const { at, wall, data } = line
  const text = String(data['text'])
  // Licence time may be behind, and the vendor signs by the wall.
  const signedBy = new Date(at > wall ? at : wall)
  const document = unverified ? read(text) : verifyDocument(text, KINDS, course.trust, signedBy)
  switch (document.kind) {
    case 'keys':
      if (!unverified) course.trust = acceptKeyList(course.trust, text, signedBy)
      return
    case 'anchor':
      if (document.claims.installation === reporter.installation.id) course.anchors.push(document.claims)
      return
    case 'unlock':
      setBack(course, document.claims.at)
      return
  }
  const place = { product: reporter.product, installation: reporter.installation.id, replace: true }
  const held = acceptDocument(course.held, document, place)
  if (held === course.held) return
  course.held = held
  course.events = [
    ...course.events,
    { at, kind: 'imported', document: document.kind, claims: document.claims } as StandingEvent,
  ]
  const claims = document.kind === 'order' ? null : effectiveLicence(course.events)
  if (claims) course.licences = [...course.licences, { from: at, claims }]
}

/** What was written down by a clock that ran ahead has happened by then. */
function setBack(course: Course, instant: string): void {
  const notAfter = (at: string) => (Date.parse(at) > Date.parse(instant) ? instant : at)
  course.events = course.events.map((event) => ({ ...event, at: notAfter(event.at) }))
  course.licences = course.licences.map(({ from, claims }) => ({ from: notAfter(from), claims }))
}

/** As it says: vouched for by the record alone. */
function read(text: string): VerifiedDocument<VendorKind> {
  const { kind, header, unverified, payload } = parseDocument(text)
  const { claims, problems } = readClaims(kind, unverified)
  if (!claims) throw unreadable(problems)
  const sha256 = hash('sha256', payload)
  return { kind, claims, kid: header.kid, sha256, warnings: [] } as unknown as VerifiedDocument<VendorKind>
}

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

const doubtful = ({ n, data }: RecordLine, { code }: LicenceRefusal): Finding => ({
  code: 'DOCUMENT_DOUBTFUL',
  day: null,
  message: `The ${data['document']} ${data['jti']} in line ${n} of the record does not count (${code}): no figure is made of it.`,
})

const unreadable = (problems: readonly string[]) =>
  new LicenceRefusal(`The document says what this version does not understand. ${problems.join('; ')}.`, {
    code: 'CLAIM_WRONG',
    hint: 'Use the release that it was made for.',
    kind: 'unreadable',
  })
