import { CALENDAR, DAY_MS, dayName, dayNumber, PERIODS, type Period, type Zone, zoneOf } from '../calendar/index.ts'
import type { Snapshot } from '../snapshot/index.ts'
import { ARCHIVE, type Proof } from './claims.ts'

/** A week from Monday to Sunday, cut at the ends of the period. */
export interface Week {
  /** `2026-W47` */
  readonly name: string
  /** First and last day, YYYY-MM-DD. */
  readonly from: string
  readonly to: string
  /** Whether it has ended; one that has not lacks nothing. */
  readonly over: boolean
  /** How many drills found a snapshot equal, and how many did not. */
  readonly proven: number
  readonly failed: number
  /** Shortest and longest measured recovery, in seconds; null: none was. */
  readonly recoverySeconds: { readonly least: number; readonly most: number } | null
}

export interface YearFigures {
  readonly period: { readonly from: string; readonly to: string; readonly timeZone: string }
  readonly weeks: readonly Week[]
  /** Weeks in which something was proven, of all weeks that are over. */
  readonly weeksProven: number
  readonly weeksOver: number
  readonly proven: number
  readonly failed: number
  /** The longest time without a proof, ends of the period included; instants. Null: nothing of the period is over. */
  readonly longestGap: { readonly from: string; readonly until: string; readonly days: number } | null
  /** Measured recoveries that were seen to work, in seconds; null: none. */
  readonly recovery: {
    readonly least: number
    readonly median: number
    readonly most: number
    readonly last: number
  } | null
  /** How old the restored snapshot was when it was proven, at most; in hours. */
  readonly oldestProvenHours: number | null
  /** By place from which was restored. */
  readonly places: readonly {
    readonly name: string
    readonly secondCopy: boolean
    readonly proven: number
    readonly failed: number
    readonly lastProven: string | null
  }[]
  /** What is kept at the end. */
  readonly kept: {
    readonly snapshots: number
    readonly counting: number
    readonly proven: number
    readonly held: number
    readonly oldest: string | null
    readonly newest: string | null
  }
  /** Of the last periods that are over, as many as copies are to be kept for: how many have a snapshot that counts. */
  readonly retention: readonly { readonly period: Period; readonly wanted: number; readonly found: number }[]
}

export interface YearParts {
  readonly proofs: readonly Proof[]
  /** Of the catalogue, as they are now. */
  readonly snapshots: readonly Snapshot[]
  /** Days in the time zone, both inclusive. */
  readonly from: string
  readonly to: string
  readonly timeZone: string
  /** How many days, weeks and months a copy is to be there for; noughts where nobody knows. */
  readonly keep: { readonly days: number; readonly weeks: number; readonly months: number }
  readonly now: Date
}

/** What the contract's yearly report says of backups. @throws RangeError when there is no such time zone */
export function yearOf({ proofs: all, snapshots, from, to, timeZone, keep, now }: YearParts): YearFigures {
  const zone = zoneOf(timeZone)
  const [first, last] = [dayNumber(from), dayNumber(to)]
  const dated = datedWithin(all, first, last, zone)
  const proofs = dated.map(({ proof }) => proof)
  const proven = proofs.filter(isProven)
  const today = zone.dayAt(now.getTime())
  const weeks = weeksOf(first, last).map((week) => weekOf(week, dated, today))
  const over = weeks.filter((week) => week.over)
  const ages = proven.map(({ at, snapshotAt }) => (Date.parse(at) - Date.parse(snapshotAt)) / 3_600_000)
  return {
    period: { from, to, timeZone },
    weeks,
    weeksProven: over.filter((week) => week.proven > 0).length,
    weeksOver: over.length,
    proven: proven.length,
    failed: proofs.length - proven.length,
    longestGap: longestGap(proven, { first, last, zone, now }),
    recovery: recoveryOf(proven),
    oldestProvenHours: ages.length > 0 ? Math.max(...ages) : null,
    places: placesOf(proofs),
    kept: keptOf(snapshots),
    retention: PERIODS.map((period) => retentionOf(period, keep[`${period}s`], snapshots, zone, now)),
  }
}

/** Those that were signed on these days in that time zone. */
export const proofsWithin = (
  proofs: readonly Proof[],
  { from, to, timeZone }: Pick<YearParts, 'from' | 'to' | 'timeZone'>,
): Proof[] => datedWithin(proofs, dayNumber(from), dayNumber(to), zoneOf(timeZone)).map(({ proof }) => proof)

const datedWithin = (proofs: readonly Proof[], first: number, last: number, zone: Zone) =>
  proofs
    .map((proof) => ({ proof, day: zone.dayAt(Date.parse(proof.at)) }))
    .filter(({ day }) => day >= first && day <= last)

const isProven = ({ verdict }: Proof) => verdict === 'proven'

interface Days {
  readonly number: number
  readonly first: number
  readonly last: number
}

function weeksOf(first: number, last: number): Days[] {
  const weeks: Days[] = []
  for (let day = first; day <= last; ) {
    const number = CALENDAR.week.of(day)
    const end = Math.min(CALENDAR.week.lastDay(number), last)
    weeks.push({ number, first: day, last: end })
    day = end + 1
  }
  return weeks
}

function weekOf({ number, first, last }: Days, dated: readonly { proof: Proof; day: number }[], today: number): Week {
  const proofs = dated.filter(({ day }) => day >= first && day <= last).map(({ proof }) => proof)
  const proven = proofs.filter(isProven)
  const times = timesOf(proven)
  return {
    ...{ name: CALENDAR.week.name(number), from: dayName(first), to: dayName(last), over: last < today },
    ...{ proven: proven.length, failed: proofs.length - proven.length },
    recoverySeconds: times.length > 0 ? { least: Math.min(...times), most: Math.max(...times) } : null,
  }
}

const timesOf = (proofs: readonly Proof[]) =>
  proofs.flatMap(({ recoverySeconds }) => (recoverySeconds === null ? [] : [recoverySeconds]))

function recoveryOf(proven: readonly Proof[]): YearFigures['recovery'] {
  const times = timesOf(proven)
  const sorted = times.toSorted((one, other) => one - other)
  const [least, last] = [sorted[0], times.at(-1)]
  if (least === undefined || last === undefined) return null
  return { least, median: sorted[Math.floor((sorted.length - 1) / 2)] ?? least, most: sorted.at(-1) ?? least, last }
}

/** A proof counts from when it was signed. Time that has not passed yet is no gap. */
function longestGap(
  proven: readonly Proof[],
  { first, last, zone, now }: { first: number; last: number; zone: Zone; now: Date },
): YearFigures['longestGap'] {
  const begins = zone.instantAt(first, 0)
  const ends = Math.min(zone.instantAt(last + 1, 0), now.getTime())
  if (ends <= begins) return null
  const marks = [begins, ...proven.map(({ at }) => Date.parse(at)).toSorted((one, other) => one - other), ends]
  let longest = { from: begins, until: begins }
  for (const [index, until] of marks.slice(1).entries()) {
    const since = marks[index] ?? begins
    if (until - since > longest.until - longest.from) longest = { from: since, until }
  }
  return {
    from: new Date(longest.from).toISOString(),
    until: new Date(longest.until).toISOString(),
    days: Math.round(((longest.until - longest.from) / DAY_MS) * 10) / 10,
  }
}

function placesOf(proofs: readonly Proof[]): YearFigures['places'] {
  const names = [...new Set(proofs.map(({ from }) => from))].sort(
    (one, other) => Number(other === ARCHIVE) - Number(one === ARCHIVE) || (one < other ? -1 : 1),
  )
  return names.map((name) => {
    const here = proofs.filter(({ from }) => from === name)
    const proven = here.filter(isProven)
    return {
      ...{ name, secondCopy: name !== ARCHIVE, proven: proven.length, failed: here.length - proven.length },
      lastProven:
        proven
          .map(({ at }) => at)
          .toSorted()
          .at(-1) ?? null,
    }
  })
}

function keptOf(snapshots: readonly Snapshot[]): YearFigures['kept'] {
  const instants = snapshots.map(({ at }) => at).toSorted()
  return {
    snapshots: snapshots.length,
    counting: snapshots.filter(({ refused }) => refused === null).length,
    proven: snapshots.filter(({ provenAt }) => provenAt !== null).length,
    held: snapshots.filter(({ hold }) => hold !== null).length,
    oldest: instants[0] ?? null,
    newest: instants.at(-1) ?? null,
  }
}

function retentionOf(
  period: Period,
  wanted: number,
  snapshots: readonly Snapshot[],
  zone: Zone,
  now: Date,
): YearFigures['retention'][number] {
  const of = (instant: number) => CALENDAR[period].of(zone.dayAt(instant))
  const current = of(now.getTime())
  const there = new Set(snapshots.filter(({ refused }) => refused === null).map(({ at }) => of(Date.parse(at))))
  const found = [...there].filter((one) => one < current && one >= current - wanted)
  return { period, wanted, found: found.length }
}
