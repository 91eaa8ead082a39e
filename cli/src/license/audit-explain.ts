import type { AuditReport, CountFigures, LevelFigures } from '@domicile/license/audit'
import { isReported, METER_SECONDS, type MeterDescription, type SampleBody } from '@domicile/license/ledger'
import { HOUR_MS, MINUTE_MS, startOfDay } from '@domicile/license/utc'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { METER_ROLE } from '@domicile/stacks/plan'
import { counted, hourInWords, titleOf, valueInWords } from './audit-words.ts'

/** Lines of samples of one hour, UTC; null when they were dropped. */
export type SamplesOf = (hour: { day: string; hour: number }) => Promise<readonly string[] | null>

const DIGITS = 64

/**
 * How each number came about: by which query, asked as whom and how often, and the minutes around its greatest.
 * @param name meter to explain; null: all
 * @throws UserError NO_SUCH_METER (2)
 */
export async function explain(report: AuditReport, name: string | null, samplesOf: SamplesOf): Promise<string> {
  const { descriptions } = report.figures
  const wanted = descriptions.filter((one) => name === null || one.name === name)
  if (name !== null && wanted.length === 0) throw noSuchMeter(name, descriptions)
  const parts: string[] = []
  for (const description of wanted) parts.push(...(await explainOne(report, description, samplesOf)), '')
  return parts.join('\n').trimEnd()
}

async function explainOne(report: AuditReport, description: MeterDescription, samplesOf: SamplesOf): Promise<string[]> {
  const { name, kind } = description
  const figures = figuresOf(report, name)
  const lines = [`${name}: ${titleOf(name, report.figures)}`, ...howCounted(description)]
  if (!figures) return [...lines, '  Nothing was counted in this period.']
  if (kind === 'count' || figures.kind === 'count') return [...lines, ...howOften(report, name, figures)]
  return [...lines, ...(await aroundPeak(report, name, figures, samplesOf))]
}

function howCounted(description: MeterDescription): string[] {
  const { sql, kind } = description
  if (isReported(description))
    return ['  Reported by the application itself; counted in the minute in which it said so.']
  if (sql === null) return ['  Counted by the appliance itself, once a minute.']
  const when =
    kind === 'count'
      ? 'Asked once for each hour, when it is over'
      : 'Asked every minute, or as often as it may cost the database (at least once an hour; it holds until then)'
  return [
    `  ${when}, as the role ${METER_ROLE}, which can only read, for at most ${METER_SECONDS} seconds:`,
    ...sql
      .trim()
      .split('\n')
      .map((line) => `    ${line.trim()}`),
  ]
}

function figuresOf({ figures }: AuditReport, name: string): LevelFigures | CountFigures | null {
  if (name === 'users' || name === 'sessions') return figures[name]
  const [module = '', what] = name.split('.')
  if (what === 'users' || what === 'transactions') return figures.modules[module]?.[what] ?? null
  return figures.meters[name] ?? null
}

function howOften({ evidence }: AuditReport, name: string, figures: LevelFigures | CountFigures): string[] {
  const hours = evidence.days.flatMap(({ hours, flows }) => [...hours, ...flows]).filter(({ counts }) => name in counts)
  const total = figures.kind === 'count' ? figures.total : null
  return [
    `  Known of ${counted(hours.length, 'hour')}. ${total === null ? '' : `In all: ${valueInWords(name, total)}.`}`.trimEnd(),
  ]
}

async function aroundPeak(
  { figures: { timezone } }: AuditReport,
  name: string,
  { peak, knownMinutes, average, overMinutes, limit }: LevelFigures,
  samplesOf: SamplesOf,
): Promise<string[]> {
  if (!peak) return ['  Never known in this period.']
  const above = limit === null ? '' : ` Above its limit in ${overMinutes.toLocaleString('en')} of them.`
  const lines = [
    `  Known in ${counted(knownMinutes, 'minute')}, on average ${valueInWords(name, average)}.${above}`,
    `  The most, ${valueInWords(name, peak.value)}, in the hour from ${hourInWords(peak.at, timezone)}:`,
  ]
  const day = peak.at.slice(0, 10)
  const samples = await samplesOf({ day, hour: new Date(peak.at).getUTCHours() })
  if (samples === null)
    return [...lines, '    its minutes were dropped since, as old samples are; the day’s seal vouches for them']
  const runs = runsOf(minutesIn(samples, name))
  if (runs.length === 0) return [...lines, '    no minute of it was sampled']
  const clock = (minute: number) => {
    const start = startOfDay(day) + minute * MINUTE_MS
    return hourInWords(start - (start % HOUR_MS), timezone).slice(11, 14) + String(minute % 60).padStart(2, '0')
  }
  return [
    ...lines,
    ...runs.map(
      ({ from, to, value }) =>
        `    ${clock(from)}${to === from ? '      ' : `–${clock(to)}`}  ${valueInWords(name, value)}`,
    ),
  ]
}

interface Minute {
  readonly minute: number
  readonly value: number | null
}

/** What the samples say of one level, minute by minute. */
function minutesIn(lines: readonly string[], name: string): Minute[] {
  const minutes: Minute[] = []
  let index = -1
  for (const line of lines) {
    const body = bodyOf(line)
    if (body && 'levels' in body) index = body.levels.indexOf(name)
    if (!Array.isArray(body) || index < 0) continue
    minutes.push({ minute: body[0], value: body[index + 1] ?? null })
  }
  return minutes
}

function bodyOf(line: string): SampleBody | null {
  try {
    const body = JSON.parse(line.slice(DIGITS + 1))
    return typeof body === 'object' ? body : null
  } catch {
    return null
  }
}

/** Minutes with one value are one line. */
function runsOf(minutes: readonly Minute[]): { from: number; to: number; value: number | null }[] {
  const runs: { from: number; to: number; value: number | null }[] = []
  for (const { minute, value } of minutes) {
    const last = runs.at(-1)
    if (last && last.value === value && minute <= last.to + 1) last.to = minute
    else runs.push({ from: minute, to: minute, value })
  }
  return runs
}

function noSuchMeter(name: string, descriptions: readonly MeterDescription[]): UserError {
  const known = descriptions.map((one) => one.name).join(', ')
  return new UserError(`Nothing is counted by the name “${name}”.`, {
    code: 'NO_SUCH_METER',
    hint: known === '' ? 'Nothing is counted yet; ask again in a minute.' : `There are: ${known}.`,
    exitCode: ExitCode.Usage,
  })
}
