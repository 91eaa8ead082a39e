import type { Anchor, StageState, TermsProfile } from './schema.ts'

/** So many days after the first of these notices was first shown; `order` is the notice that an order itself gives. */
export interface Condition {
  readonly notices: readonly string[]
  readonly days: number
}

export interface Stage {
  readonly id: string
  readonly state: StageState
  /** Calendar days after the anchor, negative before it; null: as soon as the anchor is known. */
  readonly days: number | null
  /** All must hold. */
  readonly after: readonly Condition[]
  readonly notice: string | null
  readonly effects: {
    readonly readOnly: boolean
    readonly blocked: 'suspended' | 'switched-off' | 'trial-over' | 'ended' | null
    readonly purge: boolean
    readonly noUpgrades: boolean
  }
  readonly clause: string
  readonly final: boolean
  readonly text: string
}

export interface Track {
  readonly name: string
  readonly anchor: Anchor
  readonly clause: string
  /** In the order in which they begin, never milder than the one before. */
  readonly stages: readonly Stage[]
}

/** A terms profile that holds together. */
export type Terms = Omit<TermsProfile, 'tracks'> & { readonly tracks: readonly Track[] }

/** The word in a condition for the notice that the vendor gave when it made the order. */
export const ORDER_NOTICE = 'order'
