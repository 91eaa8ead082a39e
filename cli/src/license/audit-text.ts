import type { AuditReport } from '@domicile/license/audit'
import { aligned, labelled } from '../screen/columns.ts'
import { type AuditTable, auditFacts, figureTables, findingsTable, summaryTable } from './audit-tables.ts'
import { counted } from './audit-words.ts'

/** More a terminal does not show; the page and the CSV have all. */
const MOST_ROWS = 24

/** The whole audit in plain words, for a terminal. */
export const auditText = (report: AuditReport): string => [figuresText(report), '', ...verdict(report)].join('\n')

/** All that was counted; whether it can be relied on is said by whoever verified it. */
export function figuresText(report: AuditReport): string {
  const facts = auditFacts(report).map(([label, value]) => labelled(label, value, 16))
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
  const rest = rows.length - shown.length
  return [
    '',
    title,
    ...aligned(lines, (column) => column >= numbersFrom).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
}
