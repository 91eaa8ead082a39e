import { CALENDAR, dayName, PERIODS, type Period, zoneOf } from '../calendar/index.ts'
import type { Keep, PolicyTerms } from './terms.ts'
import { countedFrom, type Dated, dated, type Places, placesOf, todayFor } from './timeline.ts'
import type { Candidate, Reason, Verdict } from './types.ts'

/** A way back to before an upgrade or a restore is kept so long; holding it keeps it longer. */
const WAY_BACK_DAYS = 14
/** What does not count is kept for who looks into why. */
const REFUSED_DAYS = 7

const KEPT: Readonly<Record<Period, keyof Keep>> = { day: 'days', week: 'weeks', month: 'months' }

/**
 * Which snapshots stay and which go, oldest first. Of each calendar day, ISO week and month of the zone the newest good
 * snapshot stands for it, and stays until so many whole days, weeks, months after it are over: made on a Monday, a daily
 * copy is there through the Monday after, whatever the hour of either. The running period is not one of them: “two months”
 * are the two before this one.
 * Pure: the same history and the same moment give the same answer, and with what goes removed nothing more goes.
 * @throws RangeError when there is no such time zone
 */
export function policy(snapshots: readonly Candidate[], now: Date, terms: PolicyTerms): Verdict[] {
  const history = dated(snapshots, now, zoneOf(terms.timeZone))
  const facts: Facts = {
    terms,
    places: placesOf(history),
    from: countedFrom(history, terms.days),
    proven: history.findLast(({ snapshot, isOfFuture }) => !isOfFuture && isProven(snapshot)) ?? null,
  }
  return history.map((one) => verdict(one, facts))
}

interface Facts {
  readonly terms: PolicyTerms
  readonly places: Places
  readonly from: readonly number[]
  /** The newest that was proven. */
  readonly proven: Dated | null
}

const isProven = ({ refused, provenAt }: Candidate) => refused === null && provenAt !== null

function verdict(one: Dated, facts: Facts): Verdict {
  const { stays, goes } = one.isRegular ? regularReasons(one, facts) : otherReasons(one, facts)
  const reasons = [...stays, ...provenReasons(one, facts)]
  return { run: one.snapshot.run, keep: reasons.length > 0, reasons: reasons.length > 0 ? reasons : goes }
}

interface Reasons {
  readonly stays: readonly Reason[]
  readonly goes: readonly Reason[]
}

function regularReasons(one: Dated, facts: Facts): Reasons {
  const today = todayFor(one.day, facts.from) as number
  const newest = facts.from[0] as number
  const [stays, goes]: [Reason[], Reason[]] = [[], []]
  let isWithin = false
  for (const period of PERIODS) {
    const length = facts.terms[KEPT[period]]
    if (length === 0) continue
    const { of, lastDay, name } = CALENDAR[period]
    const number = of(one.day)
    const stands = facts.places[period].get(number) as Dated
    const last = lastDay(number + length)
    const common = { period, name: name(number) }
    if (stands !== one) goes.push({ code: 'NEWER_IN_PERIOD', ...common, run: stands.snapshot.run })
    else if (today > last) goes.push({ code: 'OVER', ...common, until: dayName(last) })
    else stays.push({ code: 'STANDS_FOR', ...common, until: dayName(last) })
    isWithin ||= stands === one && newest <= last
  }
  if (stays.length > 0 && !isWithin) stays.push(afterPause(today, facts))
  return { stays, goes }
}

function afterPause(today: number, { terms, places }: Facts): Reason {
  const have = [...places.day.keys()].filter((day) => day > today).length
  return { code: 'AFTER_PAUSE', have, wanted: terms.days }
}

/** What stands for no day: held, of the future, refused, and what was made before something else. */
function otherReasons({ snapshot, day, isOfFuture }: Dated, { from }: Facts): Reasons {
  const { kind, hold, refused } = snapshot
  if (hold !== null) return { stays: [{ code: 'HELD', why: hold }], goes: [] }
  if (kind === 'final') return { stays: [{ code: 'FINAL' }], goes: [] }
  if (isOfFuture) return { stays: [{ code: 'OF_FUTURE' }], goes: [] }
  const last = day + (refused === null ? WAY_BACK_DAYS : REFUSED_DAYS)
  const today = todayFor(day, from)
  const until = dayName(last)
  if (today !== null && today > last)
    return { stays: [], goes: [{ code: 'OVER', period: null, name: dayName(day), until }] }
  if (refused !== null) return { stays: [{ code: 'REFUSED', refused, until }], goes: [] }
  return { stays: [{ code: 'WAY_BACK', kind: kind === 'pre-restore' ? kind : 'pre-upgrade', until }], goes: [] }
}

function provenReasons(one: Dated, { proven }: Facts): Reason[] {
  if (one.isOfFuture) return []
  if (proven === null) return [{ code: 'NONE_PROVEN' }]
  if (one === proven) return [{ code: 'NEWEST_PROVEN' }]
  return one.at >= proven.at ? [{ code: 'NEWER_THAN_PROVEN', proven: proven.snapshot.run }] : []
}
