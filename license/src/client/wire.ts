/**
 * What applications and the agent say to each other under `/license/v1`, as JSON. Days are `YYYY-MM-DD` in the time zone of
 * the contract and end there at midnight; instants are ISO 8601 in UTC.
 */

/** Whose seats are taken: `people`; `administrators`, who may take the reserved ones too; `services`, which have their own. */
export type SeatPool = 'people' | 'administrators' | 'services'

/**
 * Why a seat was given, or not. `held`: it is one of the licensed ones. `over-limit`: all are taken, and the licence only
 * warns or counts. `unlimited`: sessions are not limited. `unchecked`: nobody can tell now, so work goes on. `full`: all are
 * taken. `blocked`: the licence keeps the application closed.
 */
export type SeatReason = 'held' | 'over-limit' | 'unlimited' | 'unchecked' | 'full' | 'blocked'

/** `PUT /license/v1/seats/{holder}`: 200, or 409 where `granted` is false. */
export interface SeatAnswer {
  readonly granted: boolean
  readonly reason: SeatReason
  /** After so long without being asked for again the seat is free by itself. */
  readonly idleSeconds: number
  /** Of the pool; administrators count among people. Null: not limited. */
  readonly seats: { readonly used: number | null; readonly max: number | null }
  /** Seconds until the first seat of people is free if nobody does anything more; null: it cannot be said. */
  readonly nextFreeSeconds: number | null
}

/** `GET /license/v1/entitlements`: 200. Neither who the customer is nor the number of a contract. */
export interface Entitlements {
  readonly standing: 'good' | 'unlicensed' | 'notice' | 'read-only' | 'suspended' | 'terminated' | 'ended'
  /** Rows cannot be written: the database refuses it with SQLSTATE 42501. */
  readonly readOnly: boolean
  /** The gateway lets nobody in; what still runs may say so. */
  readonly blocked: boolean
  /** Last day of use; null: perpetual, or no licence. */
  readonly until: string | null
  readonly product: string
  readonly edition: string | null
  readonly limits: {
    readonly users: number | null
    /** Concurrent sessions of people, those kept for administrators among them. */
    readonly sessions: number | null
    readonly services: number | null
    /** Of the stack's meters that are limited, by name. */
    readonly meters: Readonly<Record<string, number>>
  }
  /** By name; empty: the product is not licensed by module. Null: there is no licence. */
  readonly modules: Readonly<Record<string, ModuleEntitlement>> | null
  /** Releases of the product that were published after this day are not covered; null: none was agreed, or no licence. */
  readonly maintenanceUntil: string | null
  /** What must be said to people now. */
  readonly notices: readonly EntitlementNotice[]
}

export interface ModuleEntitlement {
  /** First day; null: from the beginning. */
  readonly from: string | null
  /** Last day; null: as long as the licence. */
  readonly until: string | null
  /** How many may use it; null: everybody. */
  readonly users: number | null
}

export interface EntitlementNotice {
  readonly id: string
  readonly audience: 'everyone' | 'administrators'
  /** By language (`en`, `sl`). */
  readonly texts: Readonly<Record<string, { readonly title: string; readonly text: string }>>
}

/** Body of `POST /license/v1/usage`. */
export interface UsageEvent {
  /** Declared in `appliance.yaml` with `reported: true`. */
  readonly meter: string
  /** 1 to 1 000 000. */
  readonly count: number
  /** Of this event: sent twice within 24 hours it is counted once. */
  readonly id?: string
}

/** Its answer: 200. False: an event of this meter with this id was counted before. */
export interface UsageAnswer {
  readonly counted: boolean
}

/** Longest holder, in UTF-16 units. */
export const LONGEST_HOLDER = 128
export const MOST_PER_EVENT = 1_000_000
