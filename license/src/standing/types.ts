import type { Claims, Limits } from '../document/index.ts'

/**
 * How an appliance stands with its contract, mildest first. `unlicensed`: no licence was imported yet. `notice`: something
 * is due and said. `read-only`: people log in and read. `suspended`: closed until it is lifted, data kept. `terminated`: the
 * right has ended; what is left is taking one's data out. `ended`: access is over and deletion allowed.
 */
export const STATES = ['good', 'unlicensed', 'notice', 'read-only', 'suspended', 'terminated', 'ended'] as const
export type State = (typeof STATES)[number]

/** What has happened, oldest first; instants are licence time. The documents are those that were accepted. */
export type StandingEvent =
  | { readonly at: string; readonly kind: 'imported'; readonly document: 'licence'; readonly claims: Claims<'licence'> }
  | { readonly at: string; readonly kind: 'imported'; readonly document: 'renewal'; readonly claims: Claims<'renewal'> }
  | { readonly at: string; readonly kind: 'imported'; readonly document: 'order'; readonly claims: Claims<'order'> }
  | { readonly at: string; readonly kind: 'imported'; readonly document: 'receipt'; readonly claims: Claims<'receipt'> }
  /** A notice was shown to somebody it is for; `key` is `Notice.key`. Only the first showing of a key counts. */
  | { readonly at: string; readonly kind: 'notice-shown'; readonly key: string }
  /** A meter that the licence's tiers or limits speak of, when it was looked at. */
  | { readonly at: string; readonly kind: 'metered'; readonly meter: string; readonly value: number }
  /** The customer gave notice; `effective` is the day on which the contract says it ends. */
  | { readonly at: string; readonly kind: 'terminated'; readonly effective: string; readonly reason: string }
  | { readonly at: string; readonly kind: 'termination-withdrawn' }

/** Numbers of now. */
export interface Usage {
  readonly users: number | null
  readonly sessions: number | null
  /**
   * Of each meter the number that its limit is about, by `usageKey`: what is now under the meter's own name
   * (`database_bytes`), what is counted by the calendar under that and the period (`transfer_bytes/month`). The caller
   * prepares them with `meteredUsage`; a meter that is not there is not known, and nothing is said about it.
   */
  readonly meters: Readonly<Record<string, number>>
}

/** Something that must be said to people before anything harder may follow. */
export interface Notice {
  /** Name in the terms profile. */
  readonly id: string
  /** Unique per occasion (`track/notice@anchor day`, of orders `…#seq`): the next occasion is said again. */
  readonly key: string
  readonly audience: 'everyone' | 'administrators'
  /** Title and text by language (`en`, `sl`), filled in with dates and numbers. */
  readonly texts: Readonly<Record<string, { readonly title: string; readonly text: string }>>
}

export interface Reason {
  readonly track: string
  readonly stage: string
  readonly state: State
  readonly since: string
  /** Of the contract. */
  readonly clause: string
  /** One sentence in English with dates. */
  readonly text: string
}

/** What is done because of the standing; everything else works. */
export interface Effects {
  readonly readOnly: boolean
  /** Nobody gets in through the gateway; `page` is the name of what they see instead. */
  readonly blocked: {
    readonly page: 'suspended' | 'switched-off' | 'trial-over' | 'ended'
    readonly clause: string
  } | null
  readonly notices: readonly Notice[]
  /** Limits in force: the licence's, with renewals and tiers applied. */
  readonly limits: Limits
  readonly tier: string | null
  /** Releases published after this day are not covered; null: no bound. */
  readonly upgradesThrough: string | null
  /** From this instant the customer's data may be deleted; null: not foreseen. */
  readonly purgeFrom: string | null
}

export interface Change {
  readonly at: string
  readonly state: State
  readonly track: string
  readonly stage: string
  readonly clause: string
  readonly text: string
  /** The notice that must have been shown before; null when nothing is waited for. `at` counts as if it were shown now. */
  readonly waitsFor: string | null
}

export interface Standing {
  readonly state: State
  /** Instant at which this state began; null when nothing is known (unlicensed). */
  readonly since: string | null
  /** Instant at which it changes by itself; null: not by itself. */
  readonly until: string | null
  readonly reasons: readonly Reason[]
  readonly effects: Effects
  readonly next: Change | null
}
