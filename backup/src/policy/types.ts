import type { Period } from '../calendar/index.ts'
import type { Snapshot } from '../snapshot/index.ts'

/** What the policy must know of a snapshot. */
export type Candidate = Pick<Snapshot, 'run' | 'at' | 'kind' | 'hold' | 'refused' | 'provenAt'>

/**
 * Why a snapshot stays or goes. `until` is the last day on which it stays, `2026-11-29`, as the nights go on; `name` is a
 * day, an ISO week or a month: `2026-11-22`, `2026-W47`, `2026-11`.
 */
export type Reason =
  /** The newest of its period. */
  | { readonly code: 'STANDS_FOR'; readonly period: Period; readonly name: string; readonly until: string }
  /** Nights were missed for longer than daily copies live; until there are enough new ones, the old ones stay. */
  | { readonly code: 'AFTER_PAUSE'; readonly have: number; readonly wanted: number }
  | { readonly code: 'HELD'; readonly why: string }
  | { readonly code: 'FINAL' }
  /** Before an upgrade, or before a restore. */
  | { readonly code: 'WAY_BACK'; readonly kind: 'pre-upgrade' | 'pre-restore'; readonly until: string }
  | { readonly code: 'NEWEST_PROVEN' }
  | { readonly code: 'NEWER_THAN_PROVEN'; readonly proven: string }
  | { readonly code: 'NONE_PROVEN' }
  /** Its time is yet to come: the clock was moved. */
  | { readonly code: 'OF_FUTURE' }
  /** Does not count, and is looked at for some days before it goes. */
  | { readonly code: 'REFUSED'; readonly refused: string; readonly until: string }
  /** The other way round, for one that goes: a newer one stands for its period. */
  | { readonly code: 'NEWER_IN_PERIOD'; readonly period: Period; readonly name: string; readonly run: string }
  /** It stood for its period, and the time for such copies is over; period null: it is of a kind that stands for none. */
  | { readonly code: 'OVER'; readonly period: Period | null; readonly name: string; readonly until: string }

export interface Verdict {
  readonly run: string
  readonly keep: boolean
  /** All that hold, the strongest first; at least one. */
  readonly reasons: readonly Reason[]
}
