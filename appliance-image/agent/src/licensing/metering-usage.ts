import type { LicenceClaims } from '@domicile/license/document'
import type { DayHours } from '@domicile/license/ledger'
import { meteredUsage, type StandingEvent, tierReached, type Usage, usageKey } from '@domicile/license/standing'
import { dayAt, startOf, type Terms } from '@domicile/license/terms'

export interface Countings {
  /** In force. */
  readonly licence: LicenceClaims | null
  readonly terms: Terms | null
  readonly events: readonly StandingEvent[]
  /** Of now. */
  readonly usage: Usage
  /** Licence time, in milliseconds since 1970. */
  readonly now: number
  /** Days by the hour from a UTC day on; read only when somebody asks. */
  readonly hoursSince: (day: string) => Iterable<DayHours>
}

/**
 * The numbers that limits, fair use and tiers of a licence are about, in place of those of now.
 * @returns `metered`: what leads to a higher tier than anything that was seen before; null mostly
 */
export function meterings({ licence, terms, events, usage, now, hoursSince }: Countings): {
  readonly usage: Usage
  readonly metered: { readonly meter: string; readonly value: number } | null
} {
  if (!licence || !terms) return { usage, metered: null }
  const first = firstDayAsked(licence, terms, now)
  const hours = first === null ? [] : hoursSince(first)
  const meters = meteredUsage({ licence, terms, levels: usage.meters, hours, now })
  const { tiers } = licence
  const value = tiers && meters[usageKey(tiers.meter, 'year')]
  const reached = value !== undefined && tierReached(licence, terms, value, events) !== null
  return { usage: { ...usage, meters }, metered: reached && tiers ? { meter: tiers.meter, value } : null }
}

/**
 * The UTC day from which on days are needed: the month, or the year and in January the one before, whose last sales may have
 * been counted after midnight. Null: nobody asks for what is counted by the calendar.
 */
function firstDayAsked({ limits, tiers }: LicenceClaims, terms: Terms, now: number): string | null {
  const agreed = terms.fairUse.filter(({ meter }) => meter !== undefined)
  const pers = [...Object.values(limits.meters ?? {}), ...agreed].map(({ per }) => per)
  const today = dayAt(now, terms.timezone)
  const [year, month] = [Number(today.slice(0, 4)), today.slice(5, 7)]
  if (pers.includes('year') || (tiers && terms.tiers)) return utcDay(`${month === '01' ? year - 1 : year}-01-01`, terms)
  return pers.includes('month') ? utcDay(`${today.slice(0, 8)}01`, terms) : null
}

const utcDay = (day: string, { timezone }: Terms) => new Date(startOf(day, timezone)).toISOString().slice(0, 10)
