import { aligned } from '../../screen/columns.ts'
import type { Reconciled } from './reconcile.ts'
import { type Section, sectionsOf } from './reconcile-sections.ts'
import { summaryOf } from './reconcile-summary.ts'

/** A statement for the terminal: what is wrong with the evidence first. */
export function reconcileText({ statement, findings, vendorChecked }: Reconciled): string {
  const { notes } = statement
  return [
    ...findingLines(findings),
    ...headLines(statement),
    ...(vendorChecked ? [] : ['The vendor’s signatures were NOT CHECKED: give its public key with --vendor-key.']),
    '',
    ...summaryOf(statement),
    ...sectionsOf(statement).flatMap((section) => ['', ...tableLines(section)]),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n')
}

function findingLines(findings: Reconciled['findings']): string[] {
  if (findings.length === 0) return []
  return [
    `The evidence does not hold: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`,
    ...findings.map(({ code, day, file, message }) => `  ${code}${day ? ` (${day})` : ''} in ${file}: ${message}`),
    'What follows is computed from what is left, and proves nothing until this is explained.',
    '',
  ]
}

function headLines({ contract, period, timezone }: Reconciled['statement']): string[] {
  const { number, vendor, customer, terms } = contract
  return [
    `Contract ${number} of ${vendor} with ${customer.name} (${customer.taxNumber})`,
    `Terms: ${terms.title} (${terms.name}, version ${terms.version})`,
    period
      ? `Period: ${period.from} to ${period.to}, days as in ${timezone}`
      : 'No report of production counts for this contract.',
  ]
}

/** Columns as wide as they must be; sentences below their line. */
function tableLines({ title, head, rows, numbers, long, foot }: Section): string[] {
  const shown = head.map((_, column) => column).filter((column) => !long.includes(column))
  const [names = '', ...lines] = aligned(
    [head, ...rows].map((row) => shown.map((column) => row[column] ?? '')),
    (column) => numbers.includes(shown[column] as number),
  )
  const below = (row: readonly string[]) => long.map((column) => `       ${row[column]}`)
  const wide = Math.max(0, ...foot.map(([label]) => label.length))
  return [
    title,
    `  ${names}`,
    ...rows.flatMap((row, index) => [`  ${lines[index]}`, ...below(row)]),
    ...foot.map(([label, value]) => `  ${`${label}:`.padEnd(wide + 2)}${value.padStart(16)}`),
  ]
}
