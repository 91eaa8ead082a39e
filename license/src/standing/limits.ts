import type { Behaviour, LicenceClaims, Limits } from '../document/index.ts'
import { amountInWords, countedAmount, dayAt, type Terms, unitOf } from '../terms/index.ts'
import { type Per, usageKey } from './metered.ts'
import type { Notice, Reason, Usage } from './types.ts'
import { limitNotice, type Words, wordsOfLicence } from './wording.ts'

/** One limit of a licence, or of the fair use that its terms agree on, held against what is used. */
export interface LimitFinding {
  /** `users`, `sessions` or the name of a meter; of fair use `fair-use/` and the meter. Unique among the findings. */
  readonly limit: string
  /** Who says so: the licence, or the terms for everybody. */
  readonly source: 'licence' | 'fair-use'
  /** In words, for people. */
  readonly what: string
  /** As meters count it: sizes in bytes. */
  readonly max: number
  /** Null: not known. */
  readonly used: number | null
  readonly over: number
  /** As the terms write it; empty: pieces. */
  readonly unit: string
  /** Counted by the calendar; null: how many there are now. */
  readonly per: Per | null
  readonly behaviour: Behaviour
  /** Name of the notice in the terms; null: none is said. */
  readonly notice: string | null
  readonly clause: string
  /** What the contract says about it; empty when the profile does not speak of this limit. */
  readonly text: string
}

/** Every limit of the licence on which there can be numbers, then fair use as far as it is metered, with what is used. */
export function limitFindings(limits: Limits, usage: Usage, terms: Terms): LimitFinding[] {
  const rule = (limit: 'users' | 'sessions' | 'meters') => ({
    ...{ notice: terms.limits[limit]?.notice ?? null, clause: terms.limits[limit]?.clause ?? '' },
    ...{ text: terms.limits[limit]?.text ?? '', unit: '', per: null },
  })
  const { users, sessions, meters = {} } = limits
  return [
    ...(users ? [held({ ...rule('users'), ...named('users'), ...users, used: usage.users })] : []),
    ...(sessions ? [held({ ...rule('sessions'), ...named('sessions'), ...sessions, used: usage.sessions })] : []),
    ...Object.entries(meters).map(([meter, { max, behaviour, per }]) => {
      const quota = terms.quotas.find((one) => one.meter === meter)
      return held({
        ...{ ...rule('meters'), ...named(meter), ...quotaWords(meter, quota), max, behaviour, per: per ?? null },
        used: usage.meters[usageKey(meter, per)] ?? null,
      })
    }),
    ...fairUseLimits(terms, limits).map((limit) =>
      held({ ...limit, used: usage.meters[usageKey(limit.meter, limit.per ?? undefined)] ?? null }),
    ),
  ]
}

const named = (limit: string) => ({ limit, what: limit, source: 'licence' as const })

const quotaWords = (meter: string, quota: Terms['quotas'][number] | undefined) => ({
  ...(quota && { what: quota.what, clause: quota.clause }),
  unit: unitOf(meter),
})

type Held = Omit<LimitFinding, 'over'>

const held = ({ limit, source, what, max, used, unit, per, behaviour, notice, clause, text }: Held): LimitFinding => {
  const over = used === null ? 0 : Math.max(0, used - max)
  return { limit, source, what, max, used, over, unit, per, behaviour, notice, clause, text }
}

/** What the terms agree on as fair, as far as a meter counts it, for this licence. */
export interface FairUseLimit extends Omit<LimitFinding, 'used' | 'over'> {
  readonly meter: string
}

/** What is agreed for each licence is so many times that; a licence that names no number of users has no such limit. */
export function fairUseLimits(terms: Terms, { users }: Limits): FairUseLimit[] {
  const rule = terms.limits.meters
  return terms.fairUse.flatMap(({ what, max, unit, each, per, meter, notice, clause }) => {
    const times = each === 'licence' ? users?.max : 1
    const asCounted = countedAmount(max, unit)
    if (meter === undefined || times === undefined || asCounted === null) return []
    const limit: FairUseLimit = {
      ...{ limit: `fair-use/${meter}`, source: 'fair-use', what, meter, unit, per: per ?? null, clause },
      ...{ max: asCounted * times, behaviour: rule?.behaviour ?? 'warn', text: '' },
      notice: notice ?? rule?.notice ?? null,
    }
    return [limit]
  })
}

/** More than is licensed is a reason to say so, never more than that: whoever works goes on working. */
export function limitReasons(licence: LicenceClaims, usage: Usage, terms: Terms, now: string) {
  const over = limitFindings(licence.limits, usage, terms).filter((one) => one.over > 0 && one.behaviour !== 'count')
  const reasons = over.map((finding): Reason => {
    const { limit, clause } = finding
    return { track: 'limits', stage: limit, state: 'notice', since: now, clause, text: reasonText(finding) }
  })
  const notices = over.flatMap((finding): Notice[] => {
    const { limit, max, notice } = finding
    const words = { ...wordsOfLicence(licence), ...numbersOf(finding, now, terms.timezone) }
    // A month that is over is another occasion: it is said again.
    const occasion = [limit, ...(finding.per === null ? [] : [words.when]), max].join('-')
    const said = notice === null ? null : limitNotice(terms, notice, occasion, words)
    return said ? [said] : []
  })
  return { reasons, notices }
}

function reasonText(finding: LimitFinding): string {
  const { source, what, text } = finding
  const { used, max, over } = numbersOf(finding, '', 'UTC')
  return source === 'fair-use'
    ? `${what}: ${used} used, ${max} agreed, ${over} too much. ${text}`.trim()
    : `${what}: ${used} in use, ${max} licensed. ${text}`.trim()
}

/** `when`: the day, or the month or year that is counted. */
function numbersOf({ what, used, max, over, unit, per }: LimitFinding, now: string, zone: string) {
  const day = now === '' ? '' : dayAt(Date.parse(now), zone)
  return {
    ...{ limit: what, used: amountInWords(used ?? 0, unit), max: amountInWords(max, unit) },
    ...{ over: amountInWords(over, unit), when: day.slice(0, { none: 10, month: 7, year: 4 }[per ?? 'none']) },
  } satisfies Words
}
