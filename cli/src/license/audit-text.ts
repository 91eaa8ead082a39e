import type { AuditReport } from '@domicile/license/audit'
import { type AuditTable, auditFacts, figureTables, findingsTable, summaryTable } from './audit-tables.ts'
import { counted } from './audit-words.ts'

/** More a terminal does not show; the page and the CSV have all. */
const MOST_ROWS = 24

/** The whole audit in plain words, for a terminal. */
export const auditText = (report: AuditReport): string => [figuresText(report), '', ...verdict(report)].join('\n')

/** All that was counted; whether it can be relied on is said by whoever verified it. */
export function figuresText(report: AuditReport): string {
  const facts = auditFacts(report).map(([label, value]) => `${`${label}:`.padEnd(16)}${value}`)
  const tables = [summaryTable(report), ...figureTables(report)]
  return [...facts, ...tables.filter(({ rows }) => rows.length > 0).flatMap(tableText)].join('\n')
}

function verdict(report: AuditReport): string[] {
  const { rows } = findingsTable(report)
  if (rows.length === 0) return ['Every part of the ledger holds.']
  return [
    `${counted(rows.length, 'finding')}; figures that hang on them are to be doubted:`,
    ...rows.map(([code, day, message]) => `  ${code}${day ? ` (${day})` : ''}: ${message}`),
  ]
}

/** With a free line before, columns as wide as they need to be. */
function tableText({ title, head, rows, numbersFrom }: AuditTable): string[] {
  const shown = rows.slice(0, MOST_ROWS)
  const lines = head.some((cell) => cell !== '') ? [head, ...shown] : shown
  const widths = head.map((_, column) => Math.max(...lines.map((row) => [...(row[column] ?? '')].length)))
  const padded = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = (widths[column] ?? 0) + cell.length - [...cell].length
        return column >= numbersFrom ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  const rest = rows.length - shown.length
  return ['', title, ...lines.map((row) => `  ${padded(row)}`), ...(rest > 0 ? [`  and ${rest} more`] : [])]
}
