import type { Behaviour } from '../document/index.ts'
import type { Finding, MeterName } from '../ledger/types.ts'
import type { Per } from '../standing/index.ts'
import type { Gap, OverUse, Period, Reporter } from './types.ts'

/**
 * What follows from the use that was measured, as a statement: quantities and periods, and money when there are prices.
 * It changes nothing and refuses nothing. Amounts are decimal text with two places; days are the contract's.
 */
export interface Reconciliation {
  readonly contract: {
    readonly number: string
    readonly vendor: string
    readonly customer: { readonly name: string; readonly taxNumber: string; readonly address: string | null }
    readonly product: string
    readonly licence: string
    readonly terms: {
      readonly name: string
      readonly version: number
      readonly title: string
      readonly sha256: string
    }
  }
  readonly timezone: string
  /** From the first to the last day of the reports that count; null when none does. */
  readonly period: Period | null
  readonly sources: readonly Source[]
  /** What the licence allows, beside what was used. */
  readonly limits: readonly LimitUse[]
  /** Use beyond the licence, one for each limit and each height that it had. */
  readonly excesses: readonly Excess[]
  /** More in a month or year than the licence allows. */
  readonly overspent: readonly PeriodExcess[]
  readonly modules: readonly ModuleUse[]
  readonly installations: InstallationUse
  /** Use beyond the licence that the licence only counts: billed, no breach. */
  readonly billed: readonly PeriodExcess[]
  readonly fairUse: readonly (PeriodExcess | FairUseStretch)[]
  readonly tiers: readonly TierMove[]
  /** The computation, line by line. */
  readonly charges: readonly Charge[]
  /** Null: there are no prices. */
  readonly totals: Totals | null
  /** What a reader must know to judge the figures, a sentence each. */
  readonly notes: readonly string[]
}

/** One report and whether its figures are part of this. */
export interface Source {
  readonly installation: string
  readonly purpose: Reporter['purpose']
  readonly version: string
  readonly period: Period
  readonly madeAt: string
  /** Of the record, when it was made. */
  readonly head: string
  readonly lines: number
  readonly counted: boolean
  readonly why: string
  readonly gaps: readonly Gap[]
  readonly findings: readonly Finding[]
}

/** Where in the evidence it stands: hours of one installation, from the first until the end of the last. */
export interface Proof {
  readonly installation: string
  readonly from: string
  readonly until: string
}

export interface LimitUse {
  /** `users`, `sessions`, `sale.users`, the name of a meter, `installations`. */
  readonly limit: string
  readonly title: string
  readonly max: number
  readonly per: Per | null
  readonly behaviour: Behaviour
  readonly clause: string
  /** The greatest that was measured, and when; null: not measured. */
  readonly peak: { readonly value: number; readonly at: string; readonly installation: string } | null
  /** In which it was above the limit in force then. */
  readonly overMinutes: number
}

export interface Excess {
  readonly limit: string
  readonly title: string
  readonly clause: string
  /** The limit that was in force and exceeded. */
  readonly licensed: number
  readonly peak: number
  /** Peak less what was licensed then. */
  readonly extent: number
  /** Of the extent, what no licence covers to this day. */
  readonly missing: number
  /** Minutes above the limit. */
  readonly minutes: number
  readonly intervals: readonly (OverUse & { readonly installation: string })[]
  readonly time: NonCompliance
}

/** From the first excess until use kept to the licence again, or to the end of what was reported. */
export interface NonCompliance {
  readonly from: string
  readonly until: string
  /** True: it had not ended when the report did. */
  readonly open: boolean
  /** Contract days, both counted in. */
  readonly firstDay: string
  readonly lastDay: string
  readonly days: number
  /** Begun, each counted from the first day. */
  readonly months: number
}

export interface PeriodExcess {
  readonly kind: 'period'
  readonly limit: string
  readonly title: string
  readonly clause: string
  readonly installation: string
  /** `2026-05`, or `2026` of a year. */
  readonly in: string
  readonly used: number
  readonly max: number
  readonly over: number
  /** As amounts are written: `GB`, `%`; empty: pieces. */
  readonly unit: string
  /** False: the reports hold only a part of it; then it is at least so much. */
  readonly whole: boolean
}

/** A level above what the terms call fair: hours in which it was at some time. */
export interface FairUseStretch {
  readonly kind: 'stretch'
  readonly limit: string
  readonly title: string
  readonly clause: string
  readonly installation: string
  readonly from: string
  readonly until: string
  readonly used: number
  readonly max: number
  readonly over: number
  readonly unit: string
}

export interface ModuleUse {
  readonly module: string
  readonly title: string
  /** Null: the licence does not name it. */
  readonly licensed: { readonly from: string | null; readonly until: string | null } | null
  /** Its first transaction: maintenance of a module begins with it. */
  readonly firstUsed: string | null
  readonly transactions: number | null
  /** Use on days on which it was not licensed; null: none. */
  readonly unlicensed: (NonCompliance & { readonly hours: number; readonly proof: readonly Proof[] }) | null
  readonly breach: boolean
  readonly clause: string
}

export interface InstallationUse {
  readonly licensed: number | null
  readonly ids: readonly string[]
  readonly missing: number
  readonly clause: string
  readonly breach: boolean
  readonly time: NonCompliance | null
  readonly proof: readonly Proof[]
}

export interface TierMove {
  readonly meter: MeterName
  readonly before: string
  readonly tier: string
  /** When the amount was passed, and what it was then. */
  readonly passedAt: string
  readonly value: number
  /** First day on which the tier counts. */
  readonly from: string
  readonly clause: string
  readonly proof: readonly Proof[]
}

export interface Charge {
  readonly kind: 'licences' | 'maintenance' | 'billing' | 'tier' | 'penalty'
  readonly limit: string
  readonly clause: string
  /** A sentence with the numbers that it comes from. */
  readonly text: string
  readonly quantity: number
  /** Months that it is charged for; null: once. */
  readonly months: number | null
  /** Null: no price is known. */
  readonly price: string | null
  readonly amount: string | null
  readonly proof: readonly Proof[]
}

export interface Totals {
  readonly currency: string
  readonly licences: string
  readonly maintenance: string
  readonly billing: string
  readonly tiers: string
  /** Of the four. */
  readonly total: string
  /** Value of the licences that were missing; null: the contract names no penalty. */
  readonly penaltyBase: string | null
  readonly penalty: string | null
  /** False: a line has no price, and is in no sum. */
  readonly complete: boolean
}
