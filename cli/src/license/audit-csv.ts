import { type AuditReport, flowsOf, periodCalendar } from '@domicile/license/audit'
import { hoursIn } from './audit-series.ts'
import { hourInWords } from './audit-words.ts'

const COLUMNS = [
  ...['hour', 'hour_utc', 'meter', 'kind', 'least', 'greatest', 'average'],
  ...['minutes_known', 'minutes_over', 'limit', 'count'],
]

/**
 * A row an hour and meter (RFC 4180), in order: of a level least, greatest, average, the minutes in which it was known and
 * above its limit, and that limit; of a count how many came to be. `hour` is in the time zone of the contract.
 */
export function auditCsv(report: AuditReport): string {
  const { timezone } = report
  const rows = [...minuteRows(report), ...flowRows(report)].sort((a, b) => a.start - b.start)
  const lines = [lineOf(COLUMNS)]
  let [begun, hour]: [number, readonly Cell[]] = [Number.NaN, []]
  for (const { start, cells } of rows) {
    // Said for every meter, worked out once.
    if (start !== begun) [begun, hour] = [start, hourCells(start, timezone)]
    lines.push(lineOf([...hour, ...cells]))
  }
  return lines.join('')
}

const hourCells = (start: number, timezone: string) => [
  hourInWords(start, timezone),
  `${new Date(start).toISOString().slice(0, 16)}Z`,
]

type Cell = string | number
interface Row {
  /** Of the hour, milliseconds since 1970. */
  readonly start: number
  readonly cells: readonly Cell[]
}

function* minuteRows(report: AuditReport): Generator<Row> {
  for (const { from: start, entry } of hoursIn(report)) {
    for (const [name, [least, greatest, sum, known, over]] of Object.entries(entry.levels)) {
      const limit = Object.hasOwn(entry.limits, name) ? (entry.limits[name] ?? '') : ''
      yield { start, cells: [name, 'level', least, greatest, (sum / known).toFixed(2), known, over, limit, ''] }
    }
    for (const [name, count] of Object.entries(entry.counts)) yield { start, cells: countCells(name, count) }
  }
}

/** Each hour of a meter is counted once, as in the figures. */
const flowRows = ({ evidence, period, timezone }: AuditReport): Row[] =>
  flowsOf(evidence, periodCalendar(period, timezone)).flows.flatMap(({ start, counts }) =>
    Object.entries(counts).map(([name, count]) => ({ start, cells: countCells(name, count) })),
  )

const countCells = (name: string, count: number) => [name, 'count', '', '', '', '', '', '', count]

const lineOf = (cells: readonly Cell[]) => `${cells.map(cell).join(',')}\r\n`

const cell = (value: Cell): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
