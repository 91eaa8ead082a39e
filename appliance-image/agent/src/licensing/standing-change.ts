import { STATES, type Standing } from '@domicile/license/standing'

/** Nothing is limited: what holds before any licence, and when for too long nothing could be decided. */
export const OPEN: Standing = {
  state: 'unlicensed',
  since: null,
  until: null,
  reasons: [],
  effects: {
    readOnly: false,
    blocked: null,
    notices: [],
    limits: {},
    tier: null,
    upgradesThrough: null,
    purgeFrom: null,
  },
  next: null,
}

/** So long the last verdict holds when none can be made: 72 h. */
const LAST_VERDICT_MS = 72 * 3_600_000

export interface Decision {
  readonly standing: Standing
  /** A harder standing that was computed once; it counts when the next computation says the same. */
  readonly pending: Standing['state'] | null
}

/**
 * From the standing in force and a new computation to the one that counts. Milder is believed at once; harder only when two
 * computations in a row say so, because a slip here would stop people's work.
 */
export function decide(current: Standing, pending: Standing['state'] | null, computed: Standing): Decision {
  const harder = STATES.indexOf(computed.state) > STATES.indexOf(current.state)
  if (harder && STATES.indexOf(computed.state) > STATES.indexOf('notice') && pending !== computed.state)
    return { standing: current, pending: computed.state }
  return { standing: computed, pending: null }
}

/** What holds while nothing can be computed. */
export const undecided = (current: Standing, sinceMs: number, nowMs: number): Standing =>
  nowMs - sinceMs > LAST_VERDICT_MS ? OPEN : current

/** When it changes by itself, in milliseconds since 1970. */
export const changesAt = ({ until, next }: Standing): number =>
  Math.min(...[until, next?.at].map((at) => (at ? Date.parse(at) : Number.POSITIVE_INFINITY)))
