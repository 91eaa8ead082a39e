import { labelled } from '../../screen/columns.ts'
import type { CounterSignature } from './counter-signed.ts'
import type { Verification } from './verification.ts'

/** A verification in plain words, for a terminal; the figures themselves are the audit's own text. */
export function verificationText(verification: Verification): string {
  const rows = [...reportRows(verification), ...recordRows(verification), ...vendorRows(verification)]
  const facts = rows.map(([label = '', value = '']) => labelled(label, value))
  return [...facts, '', ...findingLines(verification)].join('\n')
}

type Rows = readonly (readonly string[])[]

function reportRows(verification: Verification): Rows {
  const { reporter, signature, madeAt, period, timezone, figures, findings } = verification
  const { installation, product, version, purpose } = reporter
  const changed = findings.some(({ code }) => code === 'REPORT_CHANGED')
  return [
    ['Report', `made at ${madeAt}, from ${period.from} until the end of ${period.to} (${timezone})`],
    ['Installation', `${installation.id}, ${product} ${version}, ${purpose}`],
    ['Contract', figures.contract ?? 'none yet'],
    ['Signed', `${changed ? 'NOT AS IT STANDS' : 'by the installation’s key'}, fingerprint ${signature.fingerprint}`],
    [
      '',
      signature.compared ? 'the key that was expected' : 'TAKEN FROM THE REPORT: compare it with a request that the',
    ],
    ...(signature.compared ? [] : [['', 'installation sent before, or give that with --installation-key']]),
  ]
}

function recordRows({ record, since }: Verification): Rows {
  const { lines, from, until, head, sealedDays, daysByHour } = record
  return [
    ['Record', `lines 1 to ${lines}, written from ${from} to ${until}`],
    ['', `its end: ${head}`],
    ['Counted', `${days(sealedDays)} sealed since the beginning; by the hour in this report: ${days(daysByHour)}`],
    ...(since ? since.words.map((words, index) => [index === 0 ? 'Earlier report' : '', words]) : []),
  ]
}

function vendorRows({ vendor }: Verification): Rows {
  const { checked, counterSignatures } = vendor
  const last = counterSignatures.findLast(({ fits }) => fits)
  return [
    ['The vendor', documentsInWords(vendor)],
    ['Counter-signed', last ? lastInWords(last, counterSignatures.length) : NEVER],
    ...(last && checked ? [['', `lines 1 to ${last.length} are as they were then`]] : []),
  ]
}

function documentsInWords({ checked, documents, doubtful }: Verification['vendor']): string {
  if (!checked) return `signed ${inRecord(documents)}, it says; NOT CHECKED: give --vendor-key`
  if (doubtful === 0) return `signed ${inRecord(documents)}; checked with the key that was given`
  return `signed, by the key that was given, ${Math.max(0, documents - doubtful)} of ${inRecord(documents)}; the rest does not count`
}

const NEVER = 'never: only the installation’s own key vouches for the record'

const lastInWords = ({ at, length, lineAt }: CounterSignature, times: number) =>
  `${times === 1 ? 'once' : `${times} times, last`} at ${at}, up to line ${length}${lineAt ? ` of ${lineAt}` : ''}`

function findingLines({ findings, signature, vendor }: Verification): string[] {
  const all = signature.compared && vendor.checked
  if (findings.length === 0) return [all ? 'Every part holds.' : 'Every part that could be checked holds.']
  return [
    `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}:`,
    ...findings.map(({ code, day, message }) => `  ${code}${day ? ` (${day})` : ''}: ${message}`),
  ]
}

const inRecord = (count: number) => `${count} ${count === 1 ? 'document' : 'documents'} in the record`
const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`
