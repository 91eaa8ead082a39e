import type { LicenceClaims } from '@domicile/license/document'
import type { State } from '@domicile/license/standing'
import { parseTerms } from '@domicile/license/terms'
import type { Situation } from './laws.ts'
import { type Route, routesOf } from './route.ts'
import { plainLicence } from './scratch-vendor.ts'

/** One standing to be tried. `licence` and `route` lead to it; without them it is where a new appliance is. */
export interface Stop extends Situation {
  readonly state: State
  /** Name of the terms profile; null before any licence. */
  readonly terms: string | null
  readonly way: { readonly licence: LicenceClaims; readonly route: Route } | null
}

export interface Itinerary {
  readonly stops: readonly Stop[]
  /** Standings that none of the terms at hand lead to. */
  readonly unreachable: readonly State[]
}

/** Standings that come from a contract; the others come from what is used. */
const OF_CONTRACTS = ['notice', 'read-only', 'suspended', 'terminated', 'ended'] as const

/** More than any scratch copy uses. */
const PLENTY = 100_000

/** What the stack says about itself, and how many use it. */
export interface Application {
  /** Active named users now; null: the stack does not say who is one. */
  readonly users: number | null
  /** Whether sessions can be told apart. */
  readonly sessions: boolean
  /** Whether the product stays closed until there is a licence. */
  readonly closed: boolean
}

/**
 * Every standing once, and a good one again at the end: what was taken away must have come back. Standings that the
 * customer's own terms do not know are tried under the first of the other terms that does.
 * @param terms the customer's own first
 */
export function planItinerary(
  product: string,
  terms: readonly LicenceClaims['terms'][],
  { users, sessions, closed }: Application,
  now: Date,
): Itinerary {
  const maps = terms.map((one) => {
    const licence = plainLicence(product, one, now)
    return { licence, routes: routesOf(licence, parseTerms(one.text), now.getTime()) }
  })
  const [own] = maps
  const unlicensed = { ...UNLICENSED, blocked: closed }
  const good = own?.routes.get('good')
  if (!own || !good) return { stops: [unlicensed], unreachable: ['good', ...OF_CONTRACTS] }

  const limited = (name: string, limits: LicenceClaims['limits'], full: Pick<Situation, 'usersFull' | 'sessions'>) =>
    stop(name, 'good', { ...own.licence, limits }, good, full)
  const seats = (max: number) => ({
    sessions: { max, behaviour: 'refuse' as const, reserved: 0, services: 0, idleMinutes: 20 },
  })
  const free = limited(
    'good',
    { ...(users !== null && { users: refuse(users + PLENTY) }), ...(sessions && seats(PLENTY)) },
    { usersFull: false, sessions: sessions ? 'free' : null },
  )
  const found = OF_CONTRACTS.map((state) => ({ state, by: maps.find(({ routes }) => routes.has(state)) }))
  const stops = [
    unlicensed,
    // First of those with seats: whoever sat before would sit still.
    ...(sessions ? [limited('sessions full', seats(1), { usersFull: false, sessions: 'full' })] : []),
    ...(users === null ? [] : [limited('users full', { users: refuse(users) }, { usersFull: true, sessions: null })]),
    free,
    ...found.flatMap(({ state, by }) => {
      const route = by?.routes.get(state)
      return by && route ? [stop(state, state, by.licence, route, { usersFull: false, sessions: null })] : []
    }),
    { ...free, name: 'good again' },
  ]
  return { stops, unreachable: found.flatMap(({ state, by }) => (by ? [] : [state])) }
}

const refuse = (max: number) => ({ max, behaviour: 'refuse' as const })

const stop = (
  name: string,
  state: State,
  licence: LicenceClaims,
  route: Route,
  { usersFull, sessions }: Pick<Situation, 'usersFull' | 'sessions'>,
): Stop => ({
  ...{ name, state, usersFull, sessions, readOnly: route.readOnly, blocked: route.blocked },
  ...{ terms: licence.terms.name, way: { licence, route } },
})

const UNLICENSED: Stop = {
  ...{ name: 'unlicensed', state: 'unlicensed', terms: null, way: null },
  ...{ readOnly: false, blocked: false, usersFull: false, sessions: null },
}
