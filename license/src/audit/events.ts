import { METERS, MODULE_FIRST_USED, SEAL } from '../ledger/index.ts'
import { BACKUP_PROOF, EXCHANGE, type RecordLine } from '../record/index.ts'
import { MINUTE_MS } from '../utc.ts'
import type { PeriodCalendar } from './calendar.ts'
import { isWithheld, mayLeave } from './record-kinds.ts'
import type { AuditFigures } from './types.ts'

type AuditEvent = AuditFigures['events'][number]

/** More than anybody reads; what is beyond is in the record. */
const MOST_EVENTS = 2000

/** Seals are the evidence itself; what was metered is counted; notices are many; proofs of backups have a report of their own. */
const UNTOLD = new Set([SEAL, METERS, BACKUP_PROOF, 'notice-shown', 'metered'])

/** What happened in a period, as far as an audit is concerned; in words of ours, with numbers and codes of the record. */
export function eventsIn(lines: readonly RecordLine[], { from, until }: PeriodCalendar): AuditEvent[] {
  const within = lines.filter(({ at, kind }) => {
    const instant = Date.parse(at)
    return instant >= from && instant < until && !UNTOLD.has(kind)
  })
  const told = within.slice(0, MOST_EVENTS).map(eventOf)
  const beyond = within[MOST_EVENTS]
  if (!beyond) return told
  return [...told, { at: beyond.at, kind: 'more', text: `${within.length - MOST_EVENTS} more are in the record.` }]
}

function eventOf(line: RecordLine): AuditEvent {
  const { n, at, kind, data } = line
  if (isWithheld(line) || !mayLeave(line)) {
    const known = Object.hasOwn(BRIEFLY, kind)
    const what = known ? `${BRIEFLY[kind]}. ` : ''
    const text = `${what}What line ${n} says is not of the sort that leaves; the report holds its digest.`
    return { at, kind: known ? kind : 'withheld', text }
  }
  return { at, kind, text: `${IN_FULL[kind]?.(data) ?? BRIEFLY[kind] ?? kind}.` }
}

const BRIEFLY: Readonly<Record<string, string>> = {
  begun: 'The record begins',
  'vendor-keys': 'The keys of the vendor that count',
  imported: 'A document was imported',
  'import-refused': 'A document was refused',
  standing: 'The standing changed',
  terminated: 'Notice of termination was given',
  'termination-withdrawn': 'The notice of termination was withdrawn',
  undecided: 'No standing could be computed; the last one stayed',
  'read-only': 'Writing was allowed or stopped',
  maintenance: 'Maintenance was announced or withdrawn',
  tampered: 'Something was changed from outside',
  gap: 'The agent did not run',
  clock: 'The clock was not believed as it stood',
  [EXCHANGE]: 'A file was made for the vendor',
  'seats-unreachable': 'The table of seats did not answer',
  'seats-reachable': 'The table of seats answers again',
  'meters-unreachable': 'The database of the application did not answer the meters',
  'meters-reachable': 'The database of the application answers the meters again',
  'database-put-back': 'The database was put back to an earlier state',
  restored: 'Data was put back from a backup',
  [MODULE_FIRST_USED]: 'A module was used for the first time',
}

const CLOCK_WORDS: Readonly<Record<string, string>> = {
  'jumped-ahead': 'The clock ran ahead and is not believed yet',
  'set-back': 'The clock was set back',
  believed: 'A clock that ran ahead is believed',
  'agrees-again': 'The clock agrees with licence time again',
}

const WRONGLY_CHANGED: Readonly<Record<string, string>> = {
  record: 'The record',
  ledger: 'The ledger',
  database: 'What holds the licence in the database',
}

/** `data` as `mayLeave` found it. */
const IN_FULL: Readonly<Record<string, (data: RecordLine['data']) => string>> = {
  imported: ({ document, jti }) => `Imported: ${document} ${jti}`,
  'import-refused': ({ code }) => `A document was refused: ${code}`,
  standing: ({ before, state, reasons }) => `The standing went from ${before} to ${state}${because(reasons)}`,
  terminated: ({ effective }) => `Notice of termination was given, effective ${effective}`,
  'read-only': ({ readOnly }) => (readOnly ? 'Writing was stopped' : 'Writing was allowed again'),
  maintenance: ({ withdrawn }) => (withdrawn ? 'Maintenance was withdrawn' : 'Maintenance was announced'),
  tampered: ({ with: what, code, day }) =>
    `${WRONGLY_CHANGED[String(what)]} was changed from outside${code ? `: ${code}` : ''}${day ? `, ${day}` : ''}`,
  gap: ({ seconds }) => `The agent did not run for ${minutes(Number(seconds) * 1000)}`,
  clock: ({ kind, byMs }) => `${CLOCK_WORDS[String(kind)]}: ${minutes(Math.abs(Number(byMs)))}`,
  'database-put-back': ({ from, to }) =>
    `The database was put back: it was seen at ${from}, and then ${to === null ? 'without memory of this installation' : `as it was at ${to}`}`,
  restored: ({ run, at, lostFrom }) =>
    `Data was put back${run === null ? '' : ` from the snapshot ${run}`}: what was written from ${lostFrom} until ${at} is not in it`,
  'meters-unreachable': ({ code, meters }) =>
    `${Array.isArray(meters) ? `Meters that did not answer: ${someOf(meters)}` : BRIEFLY['meters-unreachable']}${code ? ` (${code})` : ''}`,
  [EXCHANGE]: ({ with: what }) => `A file was made for the vendor: ${what}`,
  [MODULE_FIRST_USED]: ({ module, at }) => `Module ${module} was used for the first time at ${at}`,
}

const someOf = (names: readonly string[]) =>
  names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} others` : names.join(', ')

const because = (reasons: unknown) => {
  const all = (reasons as { track: string; stage: string }[]).map(({ track, stage }) => `${track}/${stage}`)
  return all.length > 0 ? ` (${all.join(', ')})` : ''
}

const minutes = (milliseconds: number) => `${Math.round(milliseconds / MINUTE_MS)} minutes`
