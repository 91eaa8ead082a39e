import type { Claims, LicenceClaims } from '../document/index.ts'
import {
  dayAt,
  endOfMonth,
  laterByDays,
  plusDays,
  plusMonths,
  startOf,
  type Terms,
  terminationDay,
} from '../terms/index.ts'
import { iso } from '../utc.ts'
import type { StandingEvent } from './types.ts'

/** What is supposed to happen on the way; everything else of the contract follows from its terms. */
export interface Supposition {
  /** What has happened already. */
  readonly events: readonly StandingEvent[]
  /** In force at the beginning (`effectiveLicence(events)`). */
  readonly licence: LicenceClaims
  readonly terms: Terms
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  /**
   * Each due date is paid so many days late, for so many months at a time; null: never. What is owed is `paidThrough`;
   * a licence without it is renewed in the same way, from its last day.
   */
  readonly payment: { readonly lateDays: number; readonly everyMonths: number } | null
  /** The day on which the customer gives notice; null: on none. */
  readonly noticeGivenOn: string | null
}

/** More payments than this are not supposed: a hundred years by the month. */
const MOST_PAYMENTS = 1200

/** The events there are and those that are supposed, in the order of time. */
export function supposedEvents(supposition: Supposition): StandingEvent[] {
  const ending = endingOf(supposition)
  const lastDay = ending?.kind === 'terminated' ? ending.effective : null
  return [...supposition.events, ...paymentsOf(supposition, lastDay), ...(ending ? [ending] : [])].toSorted(
    (a, b) => Date.parse(a.at) - Date.parse(b.at),
  )
}

/** A licence that is looked at before it is imported: supposed to be there from the first day of its term. */
export const supposedImport = (claims: LicenceClaims, { timezone }: Terms, from: number): StandingEvent => ({
  at: iso(Math.min(from, startOf(claims.term.from, timezone))),
  kind: 'imported',
  document: 'licence',
  claims,
})

/** People act during the day. */
const noonOf = (day: string, zone: string) =>
  startOf(day, zone) + (laterByDays(startOf(day, zone), 1, zone) - startOf(day, zone)) / 2

function endingOf({ terms, noticeGivenOn }: Supposition): StandingEvent | null {
  if (noticeGivenOn === null) return null
  const given = noonOf(noticeGivenOn, terms.timezone)
  const effective = terminationDay(terms, given)
  return { at: iso(given), kind: 'terminated', effective, reason: 'The customer gave notice.' }
}

function paymentsOf({ licence, terms, from, to, payment }: Supposition, lastDay: string | null): StandingEvent[] {
  const first = licence.paidThrough ?? licence.term.until
  if (!payment || first === null) return []
  const events: StandingEvent[] = []
  let due = first
  for (let count = 1; count <= MOST_PAYMENTS; count += 1) {
    if (lastDay !== null && due >= lastDay) break
    const paidOn = plusDays(due, payment.lateDays)
    const at = Math.max(noonOf(paidOn, terms.timezone), from)
    if (at > to) break
    due = periodEnd(first, count * payment.everyMonths)
    // Who comes too late with one payment has owed the next as well: time is bought up to the present.
    if (at === from && due < dayAt(from, terms.timezone)) continue
    events.push({ at: iso(at), ...documentOf(licence, due, count) })
  }
  return events
}

/** The end of a later period: a contract paid to the end of a month is paid to the end of each. */
function periodEnd(first: string, months: number): string {
  const later = plusMonths(first, months)
  return first === endOfMonth(first) ? endOfMonth(later) : later
}

function documentOf(licence: LicenceClaims, day: string, count: number) {
  const common = {
    jti: `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
    ...{ iss: licence.iss, iat: licence.iat, contract: licence.contract, seq: licence.seq + count },
  }
  if (licence.paidThrough === null) {
    const claims: Claims<'renewal'> = { ...common, licence: licence.jti, until: day }
    return { kind: 'imported', document: 'renewal', claims } as const
  }
  const claims: Claims<'receipt'> = { ...common, paidThrough: day }
  return { kind: 'imported', document: 'receipt', claims } as const
}
