import { hash, type KeyObject } from 'node:crypto'
import { type Claims, verifyRequest } from '../document/index.ts'
import {
  type DayHours,
  type Finding,
  type ReadHours,
  readHours,
  verifyLedger,
  verifyReadHours,
} from '../ledger/index.ts'
import { chainOf, lineAfter, type RecordLine, sortedJson } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { flowsOf, sealsIn } from './blocks.ts'
import { evidenceDays, periodCalendar } from './calendar.ts'
import { isEssential, isWithheld } from './record-kinds.ts'
import type { ReportFile } from './report-file.ts'
import type { AuditFigures } from './types.ts'

/** The vendor's word on where a record stood. */
export type Anchor = Pick<Claims<'anchor'>, 'jti' | 'installation' | 'genesis' | 'length' | 'head'>

const MOST_FINDINGS = 200

/** What more there is, nobody reads. */
export function atMost(findings: readonly Finding[]): Finding[] {
  const rest = findings.length - MOST_FINDINGS
  if (rest <= 0) return [...findings]
  const code = findings[MOST_FINDINGS]?.code ?? 'REPORT_CHANGED'
  return [...findings.slice(0, MOST_FINDINGS), { code, day: null, message: `There are ${rest} findings more.` }]
}

/** Whether the installation vouches for exactly these bytes. */
export function signatureFindings(
  file: ReportFile,
  { now, installationKey }: { readonly now: Date; readonly installationKey: string | null },
): Finding[] {
  const strange = file.strange.map((what) => changed(`${what.slice(0, 1).toUpperCase()}${what.slice(1)}`))
  if (file.signature === null)
    return [...strange, changed('It has no signature: its last line is missing or cannot be read')]
  try {
    const { kind, claims } = verifyRequest(file.signature, now)
    if (kind !== 'usage') return [...strange, changed(`It is signed by a document of another kind (${kind})`)]
    return [...strange, ...claimsFindings(file, claims, installationKey).map(changed)]
  } catch (error) {
    if (!(error instanceof LicenceRefusal)) throw error
    return [...strange, changed(`Its signature does not hold (${error.code})`)]
  }
}

function claimsFindings(file: ReportFile, claims: Claims<'usage'>, installationKey: string | null): string[] {
  const { reporter, lines, signed } = file
  const { installation, product, version, purpose } = claims
  const begun = lines[0]?.kind === 'begun' ? lines[0].data : {}
  const beganIt =
    begun['installation'] === installation.id &&
    (begun['publicKey'] ?? installation.publicKey) === installation.publicKey
  const doubts: readonly (readonly [doubtful: boolean, what: string])[] = [
    [
      installationKey !== null && installation.publicKey !== installationKey,
      'It is signed with another key than the one that was expected: another installation made it',
    ],
    [
      claims.report?.sha256 !== hash('sha256', signed) || claims.report.bytes !== Buffer.byteLength(signed),
      'What stands in it is not what was signed: it was changed afterwards',
    ],
    [
      sortedJson({ installation, product, version, purpose }) !== sortedJson(reporter),
      'Who reports by its first line is not who signed it',
    ],
    [
      sortedJson(claims.chain) !== sortedJson(chainOf(lines)),
      'The record in it does not end where its signature says that it ended',
    ],
    [!beganIt, 'The record in it was begun by another installation than the one that signed it, or with another key'],
  ]
  return doubts.filter(([doubtful]) => doubtful).map(([, what]) => what)
}

interface Grounds {
  readonly days: readonly ReadDay[]
  /** Of the installation; null: it is none. */
  readonly key: KeyObject | null
  readonly anchors: readonly Anchor[]
}

/** Everything that is wrong with record, seals, days and counter-signatures. */
export function evidenceFindings(file: ReportFile, { days, key, anchors }: Grounds): Finding[] {
  const { lines } = file
  return [
    ...recordFindings(lines),
    ...ledgerFindings(file, days, key),
    ...dayFindings(lines, days),
    ...putBack(file, anchors),
    ...countedAgain(file, days),
  ]
}

/** A day by the hour as it was read. */
export type ReadDay = ReadHours & {
  /** Which it says that it is. */
  readonly day: string
  /** SHA-256 of its text. */
  readonly digest: string
}

export const readDays = ({ hours }: ReportFile): ReadDay[] =>
  hours.map(({ day, text }) => ({ day, digest: hash('sha256', text), ...readHours(text) }))

/** Line by line: what one says fits its digest, and each follows the one before. */
function recordFindings(lines: readonly RecordLine[]): Finding[] {
  let before: RecordLine | null = null
  const findings: Finding[] = []
  for (const line of lines) {
    const problem = problemOf(line, before)
    if (problem)
      findings.push({ code: 'RECORD_BROKEN', day: null, message: `Line ${line.n} of the record: ${problem}.` })
    before = line
  }
  return findings
}

function problemOf(line: RecordLine, before: RecordLine | null): string | null {
  const n = (before?.n ?? 0) + 1
  if (line.n !== n) return `line ${n} should be here; lines were left out, added or moved`
  const { at, wall, kind, data, previous, hash } = line
  const right = lineAfter(before, { at, wall, kind, data })
  if (previous !== right.previous) return 'it does not follow the line before'
  if (isWithheld(line)) return isEssential(kind) ? 'what it says is left out, and figures are made of that' : null
  return right.hash === hash ? null : 'what it says does not fit its digest'
}

function ledgerFindings(
  { lines, period, timezone }: ReportFile,
  days: readonly ReadDay[],
  key: KeyObject | null,
): Finding[] {
  const wanted = evidenceDays(period, timezone)
  const filed = new Set(days.map(({ day }) => day))
  const isMissed = (day: string) => !filed.has(day) && day >= wanted.from && day <= wanted.to
  return verifyLedger({
    record: lines,
    // What is there was read already, and is held against its seal by `dayFindings`.
    filesOf: (day) => ({ samples: undefined, hours: isMissed(day) ? null : undefined }),
    filedDays: [...filed],
    publicKey: key,
    today: lines.at(-1)?.at.slice(0, 10) ?? '',
  })
}

/** Each day by the hour against its seal; a day that is not sealed yet says what it says. */
function dayFindings(lines: readonly RecordLine[], days: readonly ReadDay[]): Finding[] {
  const seals = sealsIn(lines)
  return days.flatMap(({ day, ...read }, index): Finding[] => {
    if (day <= (days[index - 1]?.day ?? '')) return [swapped(day)]
    const seal = seals.get(day)
    if (seal) return verifyReadHours(seal, read)
    return read.hours
      ? []
      : [{ code: 'HOURS_CHANGED', day, message: `The hours of ${day} cannot be read (${read.problem}).` }]
  })
}

/** What the vendor counter-signed must be in the record still. */
function putBack({ reporter, lines }: ReportFile, anchors: readonly Anchor[]): Finding[] {
  return anchors
    .filter(({ installation, genesis, length, head }) => {
      const there = lines[0]?.hash === genesis && lines[length - 1]?.hash === head
      return installation === reporter.installation.id && !there
    })
    .map(({ jti, length }) => ({
      code: 'RECORD_PUT_BACK',
      day: null,
      message: `The vendor counter-signed line ${length} of the record (${jti}), which is not in it: the record was put back to an earlier state, or this is a copy.`,
    }))
}

function countedAgain({ period, timezone, lines }: ReportFile, days: readonly ReadDay[]): Finding[] {
  const { again } = flowsOf({ lines, days: days.flatMap(({ hours }) => hours ?? []) }, periodCalendar(period, timezone))
  return again.map(({ arrived, hour, meter }) => ({
    code: 'SEAL_CONTRADICTS',
    day: arrived,
    message: `${meter} was counted again for the hour ${hour}; the second count is ignored.`,
  }))
}

/** The days that hold; of the others their seals speak. */
export function usableDays(days: readonly ReadDay[], findings: readonly Finding[]): DayHours[] {
  const doubtful = new Set(findings.filter(({ code }) => DOUBTS.has(code)).map(({ day }) => day))
  return days.flatMap(({ day, hours }) => (hours && !doubtful.has(day) ? hours : []))
}

const DOUBTS = new Set<Finding['code']>(['HOURS_CHANGED', 'DAYS_SWAPPED'])

/** What the report itself says comes out when it is computed anew. */
export function figuresFinding({ figures }: ReportFile, computed: AuditFigures): Finding[] {
  const where = difference(figures, computed, '')
  if (where === null) return []
  const message = `The figures in it are not those that follow from its evidence, first at “${where || 'the whole'}”; shown are those that follow.`
  return [{ code: 'FIGURES_DIFFER', day: null, message }]
}

/** Path of the first difference; null: none. */
function difference(given: unknown, computed: unknown, path: string): string | null {
  if (given === computed) return null
  if (typeof given !== 'object' || typeof computed !== 'object' || given === null || computed === null) return path
  const names = new Set([...Object.keys(given), ...Object.keys(computed)])
  for (const name of names) {
    const [one, other] = [given, computed].map((value) => (value as Record<string, unknown>)[name])
    // What a stranger's file calls something is not shown.
    const shown = /^[\w.:-]{1,80}$/.test(name) ? name : '…'
    const found = difference(one, other, path ? `${path}.${shown}` : shown)
    if (found !== null) return found
  }
  return null
}

const changed = (what: string): Finding => ({ code: 'REPORT_CHANGED', day: null, message: `${what}.` })

const swapped = (day: string): Finding => ({
  code: 'DAYS_SWAPPED',
  day,
  message: `The hours of ${day} come twice, or after those of a later day.`,
})
