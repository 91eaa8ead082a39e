import { compareChains, type Kinship } from '../document/index.ts'
import { SEAL } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { MINUTE_MS } from '../utc.ts'
import type { AuditReport } from './types.ts'

export interface Comparison {
  readonly kinship: Kinship
  /** The one whose record is shorter; of two as long as each other, the first that was given. */
  readonly earlier: 'a' | 'b'
  /** The last line that both records have; null: none. Lines after it are different ones. */
  readonly lastCommon: { readonly n: number; readonly at: string } | null
  /** `forked`: the first line of each that the other does not have. */
  readonly parted: { readonly a: Parting; readonly b: Parting } | null
  /** `continued`: time of which neither report has the hours. */
  readonly gap: { readonly from: string; readonly until: string; readonly minutes: number } | null
  /** UTC days that the earlier one has sealed and the later one has sealed otherwise, or not. */
  readonly changedDays: readonly string[]
  /**
   * `forked`: UTC hours after the parting in which both together were sampled for more minutes than an hour has. Two were
   * running then; a server that was put back to a backup is never two.
   */
  readonly bothRunning: readonly string[]
  /** What it means, for people: a sentence each. */
  readonly words: readonly string[]
}

interface Parting {
  readonly n: number
  readonly at: string
  readonly kind: string
}

/**
 * How two reports stand to each other, by the lines of their records: one goes on where the other ended, or they part. Both
 * should hold by themselves (`findings`); what does not hold shows nothing here.
 */
export function compareReports(a: AuditReport, b: AuditReport): Comparison {
  const [linesA, linesB] = [a.evidence.lines, b.evidence.lines]
  const common = commonLength(linesA, linesB)
  const kinship = kinshipOf(a, b, common)
  const earlier = linesA.length <= linesB.length ? 'a' : 'b'
  const [first, second] = earlier === 'a' ? [a, b] : [b, a]
  const last = linesA[common - 1]
  const parted = kinship === 'forked' ? { a: parting(linesA[common]), b: parting(linesB[common]) } : null
  const facts = {
    ...({ kinship, earlier, parted: parted?.a && parted.b ? { a: parted.a, b: parted.b } : null } as const),
    lastCommon: last ? { n: last.n, at: last.at } : null,
    gap: kinship === 'continued' ? gapBetween(first, second) : null,
    changedDays: kinship === 'foreign' ? [] : changedDays(first, second),
    bothRunning: kinship === 'forked' && last ? bothRunning(a, b, last.at) : [],
  }
  return { ...facts, words: inWords(facts) }
}

/** How many lines are the same from the first on. */
function commonLength(a: readonly RecordLine[], b: readonly RecordLine[]): number {
  const parts = a.findIndex(({ hash }, index) => b[index]?.hash !== hash)
  return parts < 0 ? a.length : parts
}

/** Of whole records the lines say it; only where one was cut short do their checkpoints. */
function kinshipOf(a: AuditReport, b: AuditReport, common: number): Kinship {
  if (common === 0) return compareChains(a.chain, b.chain)
  const [most, least] = [a.evidence.lines.length, b.evidence.lines.length].toSorted((x, y) => y - x)
  if (common < (least as number)) return 'forked'
  return most === least ? 'same' : 'continued'
}

const parting = (line: RecordLine | undefined): Parting | null =>
  line ? { n: line.n, at: line.at, kind: line.kind } : null

/** From the end of what the earlier one covers to the beginning of the later. */
function gapBetween(earlier: AuditReport, later: AuditReport): Comparison['gap'] {
  const [until, from] = [earlier.figures.covered?.until, later.figures.covered?.from]
  if (!until || !from || from <= until) return null
  return { from: until, until: from, minutes: Math.round((Date.parse(from) - Date.parse(until)) / MINUTE_MS) }
}

/** Told by the lines themselves: what a seal says is part of its line. */
function changedDays(earlier: AuditReport, later: AuditReport): string[] {
  const seals = ({ evidence }: AuditReport) =>
    new Map(evidence.lines.filter(({ kind }) => kind === SEAL).map(({ data, hash }) => [String(data['day']), hash]))
  const after = seals(later)
  return [...seals(earlier)].filter(([day, hash]) => after.get(day) !== hash).map(([day]) => day)
}

function bothRunning(a: AuditReport, b: AuditReport, since: string): string[] {
  const minutes = (report: AuditReport) =>
    new Map(
      report.evidence.days.flatMap(({ day, hours }) =>
        hours.map(({ hour, samples }) => [`${day}T${String(hour).padStart(2, '0')}`, samples] as const),
      ),
    )
  const other = minutes(b)
  return [...minutes(a)]
    .filter(([hour, samples]) => hour >= since.slice(0, 13) && samples + (other.get(hour) ?? 0) > MINUTES_OF_ONE)
    .map(([hour]) => hour)
}

/** One that is put back within an hour may sample the minute in which that is done twice. */
const MINUTES_OF_ONE = 62

function inWords({ kinship, lastCommon, parted, gap, changedDays, bothRunning }: Omit<Comparison, 'words'>): string[] {
  const days = changedDays.length > 0 ? [`Days that are not the same in both: ${changedDays.join(', ')}.`] : []
  switch (kinship) {
    case 'foreign':
      return ['The two reports have no line in common: two installations made them.']
    case 'same':
      return ['The two reports were made from the same record: nothing was written down between them.', ...days]
    case 'continued':
      return [
        `The later report goes on where the earlier one ended, after line ${lastCommon?.n}: it is one installation.`,
        gap
          ? `Neither speaks of the ${gap.minutes} minutes from ${gap.from} to ${gap.until}; make a report of that time.`
          : 'No time is left out between them.',
        ...days,
      ]
    case 'forked':
      return [...forkedWords(lastCommon, parted), bothRunning.length > 0 ? running(bothRunning) : UNDECIDED, ...days]
  }
}

const forkedWords = (lastCommon: Comparison['lastCommon'], parted: Comparison['parted']) => [
  `The records are one until line ${lastCommon?.n} of ${lastCommon?.at}, and two afterwards: a copy of the installation was put into use beside it, or a backup was put back in its place.`,
  ...(parted
    ? [`The first writes “${parted.a.kind}” next, at ${parted.a.at}; the second “${parted.b.kind}”, at ${parted.b.at}.`]
    : []),
]

const running = (hours: readonly string[]) =>
  `In ${hours.length} hours, the first from ${hours[0]}:00 UTC, both counted minute by minute: two were running at the same time.`

const UNDECIDED =
  'Which of the two it was, the next reports show: after a backup was put back only one goes on reporting; of an installation that runs twice, both do.'
