import type { Charge, NonCompliance, PeriodExcess, Proof, Reconciliation } from '@domicile/license/audit'
import { amountInWords, unitOf } from '@domicile/license/terms'
import { hourInWords } from '../../license/audit-words.ts'
import { BEHAVIOUR } from '../../license/licence-text.ts'

/** One part of a statement as a table, the same for the terminal and the page. */
export interface Section {
  readonly title: string
  readonly lead: string | null
  readonly head: readonly string[]
  /** Columns of numbers, set to the right. */
  readonly numbers: readonly number[]
  /** Columns of sentences, which a terminal shows below the line. */
  readonly long: readonly number[]
  readonly rows: readonly (readonly string[])[]
  /** Sums below the table. */
  readonly foot: readonly (readonly [label: string, value: string])[]
}

/** More lines than anybody reads; all are in what `--json` prints. */
const MOST_ROWS = 200

/** The parts in the order in which a reader needs them; those that say nothing are left out. */
export function sectionsOf(statement: Reconciliation): Section[] {
  return [
    limits(statement),
    intervals(statement),
    times(statement),
    overspent(statement),
    modules(statement),
    installations(statement),
    billed(statement),
    fairUse(statement),
    tiers(statement),
    computation(statement),
  ].filter(({ rows }) => rows.length > 0)
}

const section = (
  title: string,
  lead: string | null,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): Section => {
  const more = rows.length - MOST_ROWS
  const shown = more > 0 ? [...rows.slice(0, MOST_ROWS), [`and ${more} more`, ...head.slice(1).map(() => '')]] : rows
  return { title, lead, head, numbers, long: [], rows: shown, foot: [] }
}

function limits({ limits: all, timezone }: Reconciliation): Section {
  return section(
    'What was licensed, and what was used',
    'The greatest number at any minute, and the minutes above the limit that was in force.',
    ['Limit', 'Licensed', 'At most', 'When', 'Minutes above', 'Beyond it', 'Clause'],
    all.map(({ title, max, per, limit, peak, overMinutes, behaviour, clause }) => [
      title,
      `${amountInWords(max, unitOf(limit))}${per ? ` a ${per}` : ''}`,
      peak ? amountInWords(peak.value, unitOf(limit)) : '–',
      peak ? hourInWords(peak.at, timezone) : '–',
      per || limit === 'installations' ? '–' : String(overMinutes),
      BEHAVIOUR[behaviour],
      clause,
    ]),
    [1, 2, 4],
  )
}

function intervals({ excesses, timezone }: Reconciliation): Section {
  return section(
    'Use beyond the licence',
    'Each stretch of whole hours in which it was above the limit at some minute.',
    ['Limit', 'From', 'Until', 'At most', 'Licensed', 'Minutes above', 'Installation', 'Clause'],
    excesses.flatMap(({ title, clause, limit, intervals: all }) =>
      all.map(({ from, until, peak, limit: max, minutes, installation }) => [
        ...[title, hourInWords(from, timezone), hourInWords(until, timezone)],
        ...[
          amountInWords(peak, unitOf(limit)),
          amountInWords(max, unitOf(limit)),
          String(minutes),
          installation.slice(0, 8),
          clause,
        ],
      ]),
    ),
    [3, 4, 5],
  )
}

function times({ excesses, modules: used, installations: { time, missing, clause } }: Reconciliation): Section {
  return section(
    'Extent, and time out of compliance',
    'From the first hour beyond the licence until use kept to it again. Months are counted as begun.',
    ['Limit', 'Beyond', 'Not licensed to this day', 'First day', 'Last day', 'Days', 'Months', 'Clause'],
    [
      ...excesses.map(({ title, limit, extent, missing: open, time: of, clause: where }) => [
        ...[title, amountInWords(extent, unitOf(limit)), amountInWords(open, unitOf(limit)), ...timeCells(of), where],
      ]),
      ...used.flatMap(({ title, unlicensed, clause: of }) =>
        unlicensed ? [[`${title} (module)`, '1', unlicensed.open ? '1' : '0', ...timeCells(unlicensed), of]] : [],
      ),
      ...(time ? [['Installations', String(missing), String(missing), ...timeCells(time), clause]] : []),
    ],
    [1, 2, 5, 6],
  )
}

const timeCells = ({ firstDay, lastDay, open, days, months }: NonCompliance) => [
  ...[firstDay, open ? `${lastDay} (not ended)` : lastDay, String(days), String(months)],
]

const inPeriods = (all: readonly PeriodExcess[]) =>
  all.map(({ title, in: period, used, max, over, unit, whole, installation, clause }) => [
    title,
    period,
    `${whole ? '' : 'at least '}${amountInWords(used, unit)}`,
    amountInWords(max, unit),
    amountInWords(over, unit),
    installation.slice(0, 8),
    clause,
  ])

const PERIOD_HEAD = ['Limit', 'In', 'Used', 'Agreed', 'Beyond', 'Installation', 'Clause']

const overspent = (statement: Reconciliation) =>
  section(
    'More than the licence allows in a month or year',
    null,
    PERIOD_HEAD,
    inPeriods(statement.overspent),
    [2, 3, 4],
  )

const billed = (statement: Reconciliation) =>
  section(
    'Counted and billed',
    'The licence only counts this: it is billed afterwards, and no breach.',
    PERIOD_HEAD,
    inPeriods(statement.billed),
    [2, 3, 4],
  )

function modules({ modules: all, timezone }: Reconciliation): Section {
  return section(
    'Modules',
    'Maintenance of a module begins with its first use.',
    ['Module', 'Licensed', 'First used', 'Transactions', 'Used outside of its licence', 'Clause'],
    all.map(({ title, licensed, firstUsed, transactions, unlicensed, clause }) => [
      title,
      licensed ? `${licensed.from ?? 'from the beginning'} to ${licensed.until ?? 'the end'}` : 'not named',
      firstUsed ? hourInWords(firstUsed, timezone) : 'not yet',
      transactions === null ? '–' : String(transactions),
      unlicensed
        ? `from ${unlicensed.firstDay}, in ${unlicensed.hours} ${unlicensed.hours === 1 ? 'hour' : 'hours'}`
        : 'no',
      clause,
    ]),
    [3],
  )
}

function installations({ installations: { licensed, ids, missing, clause } }: Reconciliation): Section {
  const rows = ids.map((id, index) => [
    id,
    licensed !== null && index >= licensed ? 'beyond the licence' : 'licensed',
    clause,
  ])
  const allowed = licensed === null ? 'The licence names no number.' : `Licensed: ${licensed}. Beyond: ${missing}.`
  return section(
    'Installations in production',
    `As they reported, in the order in which they began. ${allowed}`,
    ['Installation', '', 'Clause'],
    rows,
  )
}

function fairUse({ fairUse: all, timezone }: Reconciliation): Section {
  const rows = all.flatMap((one) =>
    one.kind === 'period'
      ? inPeriods([one])
      : [
          [
            ...[one.title, `${hourInWords(one.from, timezone)} to ${hourInWords(one.until, timezone)}`],
            ...[one.used, one.max, one.over].map((value) => amountInWords(value, one.unit)),
            ...[one.installation.slice(0, 8), one.clause],
          ],
        ],
  )
  return section('More than is fair', 'The customer is told when, and by how much.', PERIOD_HEAD, rows, [2, 3, 4])
}

function tiers({ tiers: all, timezone }: Reconciliation): Section {
  return section(
    'Tiers',
    'A tier that was passed counts from the first day of the next month, and never less again.',
    ['Passed', 'By', 'Came to', 'Tier before', 'Tier', 'Counts from', 'Clause'],
    all.map(({ passedAt, meter, value, before, tier, from, clause }) => [
      ...[hourInWords(passedAt, timezone), meter, amountInWords(value, unitOf(meter)), before, tier, from, clause],
    ]),
    [2],
  )
}

const KINDS: Readonly<Record<Charge['kind'], string>> = {
  licences: 'Licences',
  maintenance: 'Maintenance',
  billing: 'Billing',
  tier: 'Tier',
  penalty: 'Contract penalty',
}

/** Columns of money are there only when there are prices. */
function computation({ charges, totals }: Reconciliation): Section {
  const money = totals !== null
  const { currency = '' } = totals ?? {}
  const head = [
    '',
    'What',
    'How many',
    'Months',
    ...(money ? [`Price, ${currency}`, `Amount, ${currency}`] : []),
    'Why',
    'Clause',
    'Evidence',
  ]
  const rows = charges.map(({ kind, quantity, months, price, amount, text, clause, proof }, index) => [
    ...[
      String(index + 1),
      KINDS[kind],
      kind === 'penalty' ? `${quantity} times` : String(quantity),
      months === null ? '–' : String(months),
    ],
    ...(money ? [price ?? 'no price', amount ?? '–'] : []),
    ...[text, clause, evidenceInWords(proof)],
  ])
  const made = section(
    'The computation',
    'Each line with the clause and the hours (UTC) that it rests on.',
    head,
    rows,
    money ? [2, 3, 4, 5] : [2, 3],
  )
  return { ...made, long: ['Why', 'Evidence'].map((name) => head.indexOf(name)), foot: totalsOf(totals) }
}

function totalsOf(totals: Reconciliation['totals']): Section['foot'] {
  if (!totals) return []
  const { currency, licences, maintenance, billing, tiers: moved, total, penaltyBase, penalty } = totals
  const sums = [
    ['Licences', licences],
    ['Maintenance', maintenance],
    ['Billing', billing],
    ['Tiers', moved],
  ] as const
  return [
    ...sums.filter(([, sum]) => sum !== '0.00').map(([label, sum]) => [label, `${sum} ${currency}`] as const),
    ['In all', `${total} ${currency}`],
    ...(penaltyBase === null ? [] : [['Value of the missing licences', `${penaltyBase} ${currency}`] as const]),
    ...(penalty === null ? [] : [['Contract penalty, beside it', `${penalty} ${currency}`] as const]),
  ]
}

/** As many as fit; the rest is in the tables above, and in what `--json` prints. */
function evidenceInWords(proof: readonly Proof[]): string {
  const hour = (instant: string) => instant.slice(0, 16).replace('T', ' ')
  const told = proof.slice(0, 3).map(({ installation, from, until }) => {
    const span = from === until ? hour(from) : `${hour(from)} – ${hour(until)} UTC`
    return `${span} (${installation.slice(0, 8)})`
  })
  return [...told, ...(proof.length > told.length ? [`and ${proof.length - told.length} more`] : [])].join('; ')
}
