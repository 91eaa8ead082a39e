import type { AuditReport } from '@domicile/license/audit'
import { endOf, startOf } from '@domicile/license/terms'
import { hourInWords } from './audit-words.ts'

const HOUR_MS = 3_600_000
const COLUMNS = [
  ...['hour', 'hour_utc', 'meter', 'kind', 'least', 'greatest', 'average'],
  ...['minutes_known', 'minutes_over', 'limit', 'count'],
]

/**
 * A row an hour and meter (RFC 4180), in order: of a level least, greatest, average, the minutes in which it was known and
 * above its limit, and that limit; of a count how many came to be. `hour` is in the time zone of the contract.
 */
export function auditCsv({ evidence, period, timezone }: AuditReport): string {
  const [from, until] = [startOf(period.from, timezone), endOf(period.to, timezone)]
  const rows = [...minuteRows(evidence), ...flowRows(evidence)]
    .filter(({ start }) => start >= from && start < until)
    .sort((a, b) => a.start - b.start)
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

function* minuteRows({ days }: AuditReport['evidence']): Generator<Row> {
  for (const { day, hours } of days) {
    for (const { hour, limits, levels, counts } of hours) {
      const start = Date.parse(`${day}T00:00Z`) + hour * HOUR_MS
      for (const [name, [least, greatest, sum, known, over]] of Object.entries(levels)) {
        const limit = Object.hasOwn(limits, name) ? (limits[name] ?? '') : ''
        yield { start, cells: [name, 'level', least, greatest, (sum / known).toFixed(2), known, over, limit, ''] }
      }
      for (const [name, count] of Object.entries(counts)) yield { start, cells: countCells(name, count) }
    }
  }
}

/** Each hour of a meter is counted once, as in the figures. */
function* flowRows({ days }: AuditReport['evidence']): Generator<Row> {
  const seen = new Set<string>()
  for (const { hour, counts } of days.flatMap(({ flows }) => flows)) {
    for (const [name, count] of Object.entries(counts)) {
      if (seen.has(`${hour} ${name}`)) continue
      seen.add(`${hour} ${name}`)
      yield { start: Date.parse(`${hour}:00Z`), cells: countCells(name, count) }
    }
  }
}

const countCells = (name: string, count: number) => [name, 'count', '', '', '', '', '', '', count]

const lineOf = (cells: readonly Cell[]) => `${cells.map(cell).join(',')}\r\n`

const cell = (value: Cell): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
