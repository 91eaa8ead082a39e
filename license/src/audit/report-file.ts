import * as z from 'zod/mini'
import { requestSchema } from '../document/index.ts'
import { hoursText } from '../ledger/index.ts'
import { type RecordLine, readJson } from '../record/index.ts'
import { LicenceRefusal } from '../refusal.ts'
import { isZone } from '../terms/index.ts'
import { daysBetween } from '../utc.ts'
import type { EvidenceSource } from './blocks.ts'
import { LONGEST_PERIOD_DAYS } from './calendar.ts'
import { lineSchema } from './record-kinds.ts'
import type { AuditFigures, Period, Reporter } from './types.ts'

/**
 * The file of a report: JSON Lines that a person can read before they leave. First who reports of which period; then the
 * figures; each line of the record; each day by the hour; and last a usage document of the installation that vouches for
 * all bytes before it.
 */
export interface ReportHead {
  readonly reporter: Reporter
  readonly period: Period
  readonly timezone: string
  readonly madeAt: string
}

export interface ReportFile extends ReportHead {
  /** As the report gives them; believed by nobody. */
  readonly figures: unknown
  readonly lines: readonly RecordLine[]
  /** Text of each day by the hour, in the order of the file, by the day that it says it is of. */
  readonly hours: readonly { readonly day: string; readonly text: string }[]
  /** Armoured; null: the last line is no signature. */
  readonly signature: string | null
  /** What comes before the line of the signature. */
  readonly signed: string
  /** Lines of the file that are none of a report, in words. */
  readonly strange: readonly string[]
}

/** A busy year is 12 MiB. */
const MOST_REPORT_BYTES = 64 * 1024 * 1024
const MOST_LINES = 100_000
const LONGEST_LINE = 4 * 1024 * 1024
const MOST_STRANGE = 20

/** As in documents; beyond, calendars write years in another way. */
const day = z.iso.date().check(z.refine((value) => value >= '2000-01-01' && value <= '2100-12-31'))
const { product, version, purpose, installation } = requestSchema.shape

const headSchema = z.strictObject({
  domicile: z.literal('audit'),
  version: z.literal(1),
  reporter: z.strictObject({
    installation: z.strictObject(installation.shape),
    ...{ product, version, purpose },
  }),
  period: z
    .strictObject({ from: day, to: day })
    .check(z.refine(({ from, to }) => from <= to && daysBetween(from, to) <= LONGEST_PERIOD_DAYS)),
  timezone: z.string().check(z.maxLength(60), z.refine(isZone)),
  madeAt: z.iso.datetime(),
})

/** All lines but the last. */
export function writeReport(
  { reporter, period, timezone, madeAt }: ReportHead,
  figures: AuditFigures,
  { lines, days }: EvidenceSource,
): string {
  const { installation, product, version, purpose } = reporter
  const who = { installation: { id: installation.id, publicKey: installation.publicKey }, product, version, purpose }
  const { from, to } = period
  return [
    JSON.stringify({ domicile: 'audit', version: 1, reporter: who, period: { from, to }, timezone, madeAt }),
    JSON.stringify({ figures }),
    ...lines.map((record) => JSON.stringify({ record })),
    ...Array.from(days, (hours) => `${HOURS}${hoursText(hours)}}`),
    '',
  ].join('\n')
}

export const signatureLine = (signature: string): string => `${JSON.stringify({ signature })}\n`

const HOURS = '{"hours":'
const RECORD = '{"record":'
const FIGURES = '{"figures":'
const SIGNATURE = '{"signature":'

/**
 * Reads the file; believes nothing of it. Lines that cannot be read are left out and named.
 * @throws LicenceRefusal REPORT_UNREADABLE, REPORT_TOO_LARGE, REPORT_VERSION when it is no report
 */
export function readReportFile(text: string): ReportFile {
  if (text.length > MOST_REPORT_BYTES || Buffer.byteLength(text) > MOST_REPORT_BYTES) throw tooLarge()
  const written = linesOf(text)
  const head = readHead(written[0] ?? '')
  const last = written.at(-1) ?? ''
  const signature = last.startsWith(SIGNATURE) ? field(last, 'signature') : null
  const signed = signature === null ? text : text.slice(0, text.length - last.length - 1)
  const body = new Body()
  for (const [index, line] of written.slice(1, signature === null ? undefined : -1).entries())
    body.read(line, index + 2)
  if (!text.endsWith('\n')) body.strange.push('its last line was cut off')
  if (text.includes('\r')) body.strange.unshift(LINE_ENDS)
  const { figures, lines, hours, strange } = body
  return {
    ...head,
    figures,
    lines,
    hours,
    signature: typeof signature === 'string' ? signature : null,
    signed,
    strange,
  }
}

/** In JSON a carriage return is written in another way. */
const LINE_ENDS =
  'its lines end as on Windows (CR LF): something on its way took it for text, and that changes what was signed'

function linesOf(text: string): string[] {
  const lines = text.split('\n', MOST_LINES + 2)
  if (lines.length > MOST_LINES || lines.some(({ length }) => length > LONGEST_LINE)) throw tooLarge()
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function readHead(line: string): ReportHead {
  const head = readJson(line)
  const read = headSchema.safeParse(head)
  if (read.success) return read.data
  const { domicile, version } = (head ?? {}) as { domicile?: unknown; version?: unknown }
  throw domicile === 'audit' && version !== 1 ? otherVersion() : noReport()
}

/** The lines between head and signature, as they come. */
class Body {
  figures: unknown = null
  readonly lines: RecordLine[] = []
  readonly hours: { day: string; text: string }[] = []
  readonly strange: string[] = []

  read(line: string, number: number): void {
    if (!this.#take(line) && this.strange.length < MOST_STRANGE) {
      this.strange.push(`line ${number} of the file is none of a report`)
    }
  }

  #take(line: string): boolean {
    if (line.startsWith(HOURS)) return this.#takeHours(line)
    if (line.startsWith(RECORD)) return this.#takeRecord(line)
    if (!line.startsWith(FIGURES) || this.figures !== null) return false
    this.figures = field(line, 'figures')
    return this.figures !== null
  }

  #takeHours(line: string): boolean {
    // Whose day it is says its text, also where the rest of it cannot be read.
    const day = /"day":"(\d{4}-\d\d-\d\d)"/.exec(line.slice(0, 100))?.[1]
    if (!day || !line.endsWith('}')) return false
    this.hours.push({ day, text: line.slice(HOURS.length, -1) })
    return true
  }

  #takeRecord(line: string): boolean {
    const read = lineSchema.safeParse(field(line, 'record'))
    if (!read.success || isDeeper(read.data.data, DEEPEST)) return false
    this.lines.push(read.data)
    return true
  }
}

/** Deeper than any line says something; what is deeper would only exhaust the stack of whoever walks through it. */
const DEEPEST = 20

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)))

/** The one field of a line. */
function field(line: string, name: string): unknown {
  const value = readJson(line)
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== name) return null
  return (value as Record<string, unknown>)[name] ?? null
}

const AGAIN = 'Take the file as it was made with `domicile license audit --out`, as an attachment and not as text.'

export const noReport = () =>
  new LicenceRefusal('The file is no audit report: it does not begin as one.', {
    code: 'REPORT_UNREADABLE',
    hint: AGAIN,
    kind: 'unreadable',
  })

const otherVersion = () =>
  new LicenceRefusal('The audit report is of another version than this program reads.', {
    code: 'REPORT_VERSION',
    hint: 'Use the release of this program that it was made with, or a later one.',
    kind: 'unreadable',
  })

const tooLarge = () =>
  new LicenceRefusal(`The file is larger than an audit report may be (${MOST_REPORT_BYTES} bytes).`, {
    code: 'REPORT_TOO_LARGE',
    hint: 'Make reports of shorter periods: domicile license audit --from --to',
    kind: 'unreadable',
  })
