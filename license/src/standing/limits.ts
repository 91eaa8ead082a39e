import type { Behaviour, LicenceClaims, Limits } from '../document/index.ts'
import type { Terms } from '../terms/index.ts'
import type { Notice, Reason, Usage } from './types.ts'
import { limitNotice, wordsOfLicence } from './wording.ts'

/** One limit of a licence, held against what is used. */
export interface LimitFinding {
  /** `users`, `sessions` or the name of a meter. */
  readonly limit: string
  readonly max: number
  /** Null: not known. */
  readonly used: number | null
  readonly over: number
  readonly behaviour: Behaviour
  readonly clause: string
  /** What the contract says about it; empty when the profile does not speak of this limit. */
  readonly text: string
}

/** Every limit of the licence on which there can be numbers, with those of now. */
export function limitFindings(limits: Limits, usage: Usage, terms: Terms): LimitFinding[] {
  const finding = (limit: string, { max, behaviour }: { max: number; behaviour: Behaviour }, used: number | null) => {
    const rule = ruleOf(terms, limit)
    const over = used === null ? 0 : Math.max(0, used - max)
    return { limit, max, used, over, behaviour, clause: rule?.clause ?? '', text: rule?.text ?? '' }
  }
  return [
    ...(limits.users ? [finding('users', limits.users, usage.users)] : []),
    ...(limits.sessions ? [finding('sessions', limits.sessions, usage.sessions)] : []),
    ...Object.entries(limits.meters ?? {}).map(([meter, limit]) => finding(meter, limit, usage.meters[meter] ?? null)),
  ]
}

const ruleOf = ({ limits }: Terms, limit: string) =>
  limit === 'users' || limit === 'sessions' ? limits[limit] : limits.meters

/** More than is licensed is a reason to say so, never more than that: whoever works goes on working. */
export function limitReasons(licence: LicenceClaims, usage: Usage, terms: Terms, now: string) {
  const over = limitFindings(licence.limits, usage, terms).filter((one) => one.over > 0 && one.behaviour !== 'count')
  const reasons = over.map(
    ({ limit, used, max, clause, text }): Reason => ({
      ...{ track: 'limits', stage: limit, state: 'notice', since: now, clause },
      text: `${limit}: ${used} in use, ${max} licensed. ${text}`.trim(),
    }),
  )
  const notices = over.flatMap(({ limit, used, max }): Notice[] => {
    const id = ruleOf(terms, limit)?.notice
    const words = { ...wordsOfLicence(licence), limit, used: String(used), max: String(max) }
    const notice = id ? limitNotice(terms, id, limit, words) : null
    return notice ? [notice] : []
  })
  return { reasons, notices }
}
