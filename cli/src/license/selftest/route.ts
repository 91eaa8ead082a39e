import type { LicenceClaims } from '@domicile/license/document'
import { type StandingEvent, type State, standing } from '@domicile/license/standing'
import { dayAt, plusDays, type Terms } from '@domicile/license/terms'
import { iso } from '@domicile/license/utc'

/** How a standing comes about in life: what the licence says, or what the vendor orders, and then time. */
export interface Beginning {
  readonly changes: Partial<Pick<LicenceClaims, 'term' | 'paidThrough' | 'trial'>>
  readonly order: 'suspend' | 'terminate' | null
}

export interface Route extends Beginning {
  /** The standing that the beginning leads to, and those that come by themselves after it; the last is the one wanted. */
  readonly path: readonly State[]
  readonly readOnly: boolean
  /** Nobody gets in through the gateway. */
  readonly blocked: boolean
}

/** Nothing in a contract takes more steps than this. */
const MOST_HOPS = 12

const NO_USAGE = { users: null, sessions: null, meters: {} }

/**
 * The shortest way into every standing that these terms lead to, as far as it begins with a licence or an order.
 * @param licence a licence by which nothing is owed and nothing ends
 * @param now milliseconds since 1970
 */
export function routesOf(licence: LicenceClaims, terms: Terms, now: number): ReadonlyMap<State, Route> {
  const routes = new Map<State, Route>()
  for (const beginning of beginnings(licence, dayAt(now, terms.timezone))) {
    for (const route of walk(licence, beginning, terms, now)) {
      const state = route.path.at(-1) as State
      const known = routes.get(state)
      if (!known || route.path.length < known.path.length) routes.set(state, route)
    }
  }
  return routes
}

function beginnings(licence: LicenceClaims, today: string): Beginning[] {
  const yesterday = plusDays(today, -1)
  const over = { ...licence.term, until: yesterday }
  return [
    { changes: {}, order: null },
    { changes: {}, order: 'suspend' },
    { changes: {}, order: 'terminate' },
    { changes: { paidThrough: yesterday }, order: null },
    { changes: { term: over }, order: null },
    { changes: { term: over, trial: true }, order: null },
  ]
}

/** Follows one beginning through what comes by itself, every notice shown at once. */
function walk(licence: LicenceClaims, beginning: Beginning, terms: Terms, now: number): Route[] {
  const claims = { ...licence, ...beginning.changes }
  const events: StandingEvent[] = [
    { at: iso(now), kind: 'imported', document: 'licence', claims },
    ...(beginning.order ? [ordered(claims, beginning.order, now)] : []),
  ]
  const found: Route[] = []
  let path: State[] = []
  for (let at = now; path.length < MOST_HOPS; ) {
    const { state, effects } = standing({ events, usage: NO_USAGE, now: at, terms })
    path = [...path, state]
    found.push({ ...beginning, path, readOnly: effects.readOnly, blocked: effects.blocked !== null })
    for (const { key } of effects.notices) events.push({ at: iso(at), kind: 'notice-shown', key })
    const { next } = standing({ events, usage: NO_USAGE, now: at, terms })
    if (!next) break
    at = Date.parse(next.at)
  }
  return found
}

const ordered = (
  { jti, iss, iat, contract, seq }: LicenceClaims,
  action: 'suspend' | 'terminate',
  at: number,
): StandingEvent => ({
  ...{ at: iso(at), kind: 'imported', document: 'order' },
  claims: { jti, iss, iat, contract, seq: seq + 1, ...urgentOrder(action, iso(at)) },
})

export const urgentOrder = (action: 'suspend' | 'terminate', effective: string) => ({
  ...{ action, effective, notice: null, urgent: true },
  ...{ reason: 'A self-test on a scratch copy.', clause: 'self-test' },
})
