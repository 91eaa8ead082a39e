import type { AuditReport, LevelFigures } from '@domicile/license/audit'
import type { LicenceClaims } from '@domicile/license/document'
import { fairUseOf } from './audit-fair-use.ts'
import {
  counted,
  hourInWords,
  limitInWords,
  minutesInWords,
  periodInWords,
  titleOf,
  valueInWords,
} from './audit-words.ts'

/** A part of an audit as plain words: a terminal and a page show the same. */
export interface AuditTable {
  readonly title: string
  /** A sentence below the title. */
  readonly note?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** From this column on there are numbers. */
  readonly numbersFrom: number
}

export function auditFacts({ figures, chain, madeAt, evidence, licences }: AuditReport): [string, string][] {
  const { installation, product, version, purpose, contract, timezone, period, covered, installations } = figures
  const licence = licences.at(-1)?.claims
  return [
    ['Period', `${periodInWords(period)}, time zone ${timezone}`],
    [
      'Installation',
      `${installation}, ${product} ${version}, ${purpose}; ${licensedHere(installations.licensed, licence)}`,
    ],
    ['Contract', contract === null ? 'none yet' : `${contract}${licence ? `, ${licence.customer.name}` : ''}`],
    ['Counted', covered ? coveredInWords(covered, timezone) : 'nothing in this period'],
    ['Record', `${counted(chain.length, 'line')} until ${evidence.lines.at(-1)?.at ?? madeAt}, its end ${chain.head}`],
  ]
}

/** A licence that names one installation licenses no other, whatever number it leaves out. */
function licensedHere(licensed: number | null, licence: LicenceClaims | undefined): string {
  if (!licence) return 'no licence yet'
  if (licensed !== null) return `licensed: ${counted(licensed, 'installation')}`
  return licence.installation === null ? 'licensed: no number of installations is named' : 'licensed: this installation'
}

function coveredInWords(
  { from, until, minutes, sampledMinutes }: NonNullable<AuditReport['figures']['covered']>,
  timezone: string,
): string {
  const share = minutes === 0 ? '' : ` (${((sampledMinutes / minutes) * 100).toFixed(2)} %)`
  return `${hourInWords(from, timezone)} until ${hourInWords(until, timezone)}, once a minute: ${sampledMinutes.toLocaleString('en')} of ${minutes.toLocaleString('en')} minutes${share}`
}

/** What was counted, part by part; parts without a row are left out by whoever shows them. */
export const figureTables = (report: AuditReport): AuditTable[] =>
  [monthsTable, modulesTable, metersTable, fairUseTable, overUseTable, gapsTable].map((make) => make(report))

/** People and sessions in one row each. */
export function summaryTable({ figures }: AuditReport): AuditTable {
  const { users, sessions, timezone, meters } = figures
  const services = meters['services']
  const rows: [string, string, LevelFigures | null][] = [
    ['users', 'Active named users', users],
    ['sessions', 'Concurrent accesses', sessions],
    ['services', 'of services, beside them', services?.kind === 'level' ? services : null],
  ]
  return {
    title: 'Users and concurrent accesses',
    head: ['', 'Limit', 'Most', 'In the hour from', 'Average', 'Above the limit'],
    rows: rows.flatMap(([name, title, level]) => (level ? [[title, ...levelCells(name, level, timezone)]] : [])),
    numbersFrom: 1,
  }
}

const levelCells = (name: string, { limit, peak, average, overMinutes, overUse }: LevelFigures, timezone: string) => [
  limitInWords(name, limit),
  valueInWords(name, peak?.value ?? null),
  peak ? hourInWords(peak.at, timezone) : '',
  valueInWords(name, average),
  overMinutes > 0
    ? `${minutesInWords(overMinutes)} in ${counted(overUse.length, 'stretch', 'stretches')}`
    : limit === null
      ? ''
      : 'never',
]

function overUseTable(report: AuditReport): AuditTable {
  const { timezone } = report.figures
  return {
    title: 'Above the limit',
    note: 'Stretches of whole hours. “Minutes above” are those in which more were counted than the limit that was in force.',
    head: ['What', 'From', 'Until', 'Most', 'Limit', 'Minutes above'],
    rows: levelsOf(report).flatMap(([name, title, { overUse }]) =>
      overUse.map(({ from, until, peak, limit, minutes }) => [
        title,
        hourInWords(from, timezone),
        hourInWords(until, timezone),
        valueInWords(name, peak),
        valueInWords(name, limit),
        minutes.toLocaleString('en'),
      ]),
    ),
    numbersFrom: 3,
  }
}

/** Every level there is, those of modules too, with the words for it. */
function levelsOf({ figures }: AuditReport): [string, string, LevelFigures][] {
  const { users, sessions, meters, modules } = figures
  return [
    ...(users ? [['users', 'Active named users', users] as [string, string, LevelFigures]] : []),
    ...(sessions ? [['sessions', 'Concurrent accesses', sessions] as [string, string, LevelFigures]] : []),
    ...Object.entries(meters).flatMap(([name, level]): [string, string, LevelFigures][] =>
      level.kind === 'level' ? [[name, titleOf(name, figures), level]] : [],
    ),
    ...Object.entries(modules).flatMap(([name, { title, users: level }]): [string, string, LevelFigures][] =>
      level ? [[`${name}.users`, `Users of ${title ?? name}`, level]] : [],
    ),
  ]
}

function monthsTable({ figures: { users, sessions } }: AuditReport): AuditTable {
  const months = [...new Set([...(users?.months ?? []), ...(sessions?.months ?? [])].map(({ month }) => month))].sort()
  const cells = (name: string, level: LevelFigures | null, month: string) => {
    const found = level?.months.find((one) => one.month === month)
    if (!found) return ['', '', '']
    return [valueInWords(name, found.peak), valueInWords(name, found.average), minutesInWords(found.overMinutes)]
  }
  return {
    title: 'By month',
    head: ['Month', 'Users, most', 'average', 'above', 'Accesses, most', 'average', 'above'],
    rows: months.map((month) => [month, ...cells('users', users, month), ...cells('sessions', sessions, month)]),
    numbersFrom: 1,
  }
}

function modulesTable({ figures }: AuditReport): AuditTable {
  const { modules, timezone } = figures
  return {
    title: 'Modules',
    note: 'Maintenance of a module begins when it is first used: in the hour in which its first transaction was counted.',
    head: ['Module', 'Licensed', 'First used', 'Users, most', 'Transactions'],
    rows: Object.entries(modules).map(([name, { title, licensed, firstUsed, users, transactions }]) => [
      title && title !== name ? `${name} (${title})` : name,
      licensed ? licensedInWords(licensed) : 'not named',
      firstUsed ? hourInWords(firstUsed, timezone) : 'not yet',
      users ? valueInWords(name, users.peak?.value ?? null) : '',
      transactions ? valueInWords(name, transactions.total) : '',
    ]),
    numbersFrom: 3,
  }
}

function licensedInWords({ from, until, users }: NonNullable<AuditReport['figures']['modules'][string]['licensed']>) {
  const parts = [users !== null && counted(users, 'user'), from && `from ${from}`, until && `until ${until}`]
  return parts.filter(Boolean).join(', ') || 'yes'
}

function metersTable({ figures }: AuditReport): AuditTable {
  const { meters } = figures
  return {
    title: 'Everything else that was counted',
    head: ['What', 'Limit', 'Most', 'Average', 'Sum'],
    rows: Object.entries(meters)
      .filter(([name]) => name !== 'services')
      .map(([name, level]) => [
        titleOf(name, figures),
        ...(level.kind === 'count'
          ? ['', '', '', valueInWords(name, level.total)]
          : [
              limitInWords(name, level.limit),
              valueInWords(name, level.peak?.value ?? null),
              valueInWords(name, level.average),
              '',
            ]),
      ]),
    numbersFrom: 1,
  }
}

function fairUseTable(report: AuditReport): AuditTable {
  return {
    title: 'Fair use',
    note: 'What the contract calls fair, as far as it is metered. Above it nobody is refused; it is said. Months count as far as the period reaches.',
    head: ['What', 'Clause', 'Month', 'Used', 'Agreed', 'Above'],
    rows: fairUseOf(report).map(({ what, clause, meter, month, used, agreed, over }) => [
      what,
      clause,
      month ?? 'at most',
      valueInWords(meter, used),
      valueInWords(meter, agreed),
      over > 0 ? valueInWords(meter, over) : '',
    ]),
    numbersFrom: 3,
  }
}

function gapsTable({ figures: { gaps, timezone } }: AuditReport): AuditTable {
  return {
    title: 'Gaps',
    note: 'Times in which nothing was counted, or something could not be asked.',
    head: ['From', 'Until', 'Why', 'Explained', 'Minutes'],
    rows: gaps.map(({ from, until, minutes, reason, explained }) => [
      hourInWords(from, timezone),
      hourInWords(until, timezone),
      reason,
      explained ? 'yes' : 'no',
      minutes.toLocaleString('en'),
    ]),
    numbersFrom: 4,
  }
}

export const eventsTable = ({ figures: { events, timezone } }: AuditReport): AuditTable => ({
  title: 'What the record says of this time',
  head: ['When', 'What'],
  rows: events.map(({ at, text }) => [hourInWords(at, timezone), text]),
  numbersFrom: 2,
})

export const findingsTable = ({ findings }: AuditReport): AuditTable => ({
  title: 'Findings',
  note: 'What does not hold. Figures that hang on it are to be doubted.',
  head: ['Code', 'Day', 'What it is'],
  rows: findings.map(({ code, day, message }) => [code, day ?? '', message]),
  numbersFrom: 3,
})
