import type { AuditReport } from '@domicile/license/audit'
import { endOf, startOf } from '@domicile/license/terms'
import { hourInWords } from './audit-words.ts'

const HOUR_MS = 3_600_000
const COLUMNS = [
  ...['hour', 'hour_utc', 'meter', 'kind', 'least', 'greatest', 'average'],
  ...['minutes_known', 'minutes_over', 'limit', 'count'],
]

/**
 * A row an hour and meter (RFC 4180): of a level least, greatest, average, the minutes in which it was known and above its
 * limit, and that limit; of a count how many came to be. `hour` is in the time zone of the contract.
 */
export function auditCsv({ evidence, period, timezone }: AuditReport): string {
  const [from, until] = [startOf(period.from, timezone), endOf(period.to, timezone)]
  const lines = [lineOf(COLUMNS)]
  const add = (...cells: (string | number)[]) => lines.push(lineOf(cells))
  const seen = new Set<string>()
  const beginning = (start: number) =>
    start >= from && start < until
      ? [hourInWords(start, timezone), `${new Date(start).toISOString().slice(0, 16)}Z`]
      : null
  for (const { day, hours, flows } of evidence.days) {
    for (const { hour, limits, levels, counts } of hours) {
      const begins = beginning(Date.parse(`${day}T00:00Z`) + hour * HOUR_MS)
      if (!begins) continue
      for (const [name, [least, greatest, sum, known, over]] of Object.entries(levels)) {
        const limit = Object.hasOwn(limits, name) ? (limits[name] ?? '') : ''
        add(...begins, name, 'level', least, greatest, (sum / known).toFixed(2), known, over, limit, '')
      }
      for (const [name, count] of Object.entries(counts)) add(...begins, name, ...countCells(count))
    }
    for (const { hour, counts } of flows) {
      const begins = beginning(Date.parse(`${hour}:00Z`))
      if (!begins) continue
      for (const [name, count] of Object.entries(counts)) {
        // Each hour of a meter is counted once, as in the figures.
        if (seen.has(`${hour} ${name}`)) continue
        seen.add(`${hour} ${name}`)
        add(...begins, name, ...countCells(count))
      }
    }
  }
  return lines.join('')
}

const countCells = (count: number) => ['count', '', '', '', '', '', '', count]

const lineOf = (cells: readonly (string | number)[]) => `${cells.map(cell).join(',')}\r\n`

const cell = (value: string | number): string => {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
