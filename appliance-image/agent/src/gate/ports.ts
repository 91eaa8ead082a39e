import type { Notice } from '@domicile/license/standing'

/** What the gate needs of the rest of the appliance. */

export type BlockedPage = 'unlicensed' | 'suspended' | 'switched-off' | 'trial-over' | 'ended'

/** So long without a request a seat is kept where the licence does not say. */
export const IDLE_MINUTES = 20

/** Of the licence in force; numbers are seats, `reserved` of `max` for administrators, `services` beside `max`. */
export interface SessionLimits {
  readonly max: number
  readonly reserved: number
  readonly services: number
  readonly idleMinutes: number
  readonly behaviour: 'refuse' | 'warn' | 'count'
}

/** Instants in UTC. `text`: the operator's own words, shown as they are. */
export interface Maintenance {
  readonly from: string
  readonly until: string
  readonly text?: string | undefined
}

export interface GateStanding {
  readonly blocked: { readonly page: BlockedPage } | null
  readonly readOnly: boolean
  readonly notices: readonly Notice[]
  /** Null: sessions are not limited. */
  readonly sessions: SessionLimits | null
  /** Whom people ask. */
  readonly contact: string | null
  /** Of the application. */
  readonly title: string
  readonly maintenance: Maintenance | null
}

/** Whose seats a session takes from. */
export type Pool = 'people' | 'administrators' | 'services'

export interface Seat {
  /** SHA-256 of what tells the session apart, in hexadecimal. */
  readonly holder: string
  readonly pool: Pool
  /** Seconds since its last renewal, by the database's clock. */
  readonly idleSeconds: number
}

/** The table of seats. Every call may throw while the database is down: that says nothing about the session. */
export interface SeatStore {
  /** True when the holder has a seat now: a free one, or the one it had. */
  acquire(holder: string, pool: Pool, limits: SessionLimits): Promise<boolean>
  /** Says until when holders were seen; `idleSeconds` each before now. */
  renew(seats: readonly { readonly holder: string; readonly idleSeconds: number }[]): Promise<void>
  release(holder: string): Promise<void>
  /** Frees what was idle for longer. */
  cull(idleMinutes: number): Promise<void>
  liveSeats(): Promise<readonly Seat[]>
  /** Nobody could be seen while the agent was down: gives that time back to all. */
  extendAll(seconds: number): Promise<void>
}

export type GateEvent =
  | 'session-refused'
  | 'session-over-limit'
  | 'session-unchecked'
  | 'seats-unreachable'
  | 'seats-reachable'

export interface GatePorts {
  standing(): GateStanding
  readonly seats: SeatStore
  /** A notice is on its way to somebody's screen; `key` as in `Notice`. */
  noticeShown(key: string): void
  /** For the record; never a session, an address or a name. */
  record(event: GateEvent, data: Readonly<Record<string, unknown>>): void
  /** Milliseconds that only go forward. */
  monotonic(): number
  /** Where the application listens. */
  readonly upstream: { readonly host: string; readonly port: number }
}
