import type { Chain, LicenceClaims } from '../document/index.ts'
import type { DayHours, Finding, MeterDescription, MeterName } from '../ledger/types.ts'
import type { RecordLine } from '../record/index.ts'

/** What an audit is computed from; numbers only. Both sides hold the same, and compute the same from it. */
export interface Evidence {
  /** The whole record, from its first line to its head. */
  readonly lines: readonly RecordLine[]
  /** Days of the period by the hour, in order; the last may be of a day that is not sealed yet. */
  readonly days: readonly DayHours[]
}

/** Days `YYYY-MM-DD` in the time zone of the contract, both inclusive. */
export interface Period {
  readonly from: string
  readonly to: string
}

/** Who reports; as in a request. */
export interface Reporter {
  readonly installation: { readonly id: string; readonly publicKey: string }
  readonly product: string
  readonly version: string
  readonly purpose: 'production' | 'standby' | 'test'
}

/** A stretch in which a level was above its limit, made of whole hours: from the first to the last of them. */
export interface OverUse {
  readonly from: string
  readonly until: string
  readonly peak: number
  readonly limit: number
  /** Minutes above the limit within it. */
  readonly minutes: number
}

export interface LevelFigures {
  readonly kind: 'level'
  /** In force at the end of the period; null: none. */
  readonly limit: number | null
  /** The greatest of all, and the hour in which it was; null: never known. */
  readonly peak: { readonly value: number; readonly at: string } | null
  /** Mean of the known minutes, to two decimals; null: never known. */
  readonly average: number | null
  /** Minutes in which it was known, and above the limit that was in force then. */
  readonly knownMinutes: number
  readonly overMinutes: number
  readonly overUse: readonly OverUse[]
  /** By contract day. */
  readonly days: readonly {
    readonly day: string
    readonly peak: number
    readonly average: number
    readonly overMinutes: number
  }[]
  /** By calendar month `YYYY-MM`. */
  readonly months: readonly {
    readonly month: string
    readonly peak: number
    readonly average: number
    readonly overMinutes: number
  }[]
}

export interface CountFigures {
  readonly kind: 'count'
  readonly total: number
  readonly months: readonly { readonly month: string; readonly total: number }[]
  readonly days: readonly { readonly day: string; readonly total: number }[]
}

export interface ModuleFigures {
  readonly title: string | null
  /** What the licence says at the end of the period; null: it does not name the module. */
  readonly licensed: {
    readonly from: string | null
    readonly until: string | null
    readonly users: number | null
  } | null
  /** ISO 8601: maintenance of a module begins with its first use (contract clause 3.6). */
  readonly firstUsed: string | null
  readonly users: LevelFigures | null
  readonly transactions: CountFigures | null
}

/** A time without samples, or in which something could not be asked. */
export interface Gap {
  readonly from: string
  readonly until: string
  readonly minutes: number
  /** In words; what the record says, or that it says nothing. */
  readonly reason: string
  readonly explained: boolean
}

/** The audit of contract clause 8.4: technical information without personal data. */
export interface AuditFigures {
  readonly installation: string
  readonly product: string
  readonly version: string
  readonly purpose: Reporter['purpose']
  readonly contract: string | null
  readonly timezone: string
  readonly period: Period
  /** Instants between which samples are due. */
  readonly covered: {
    readonly from: string
    readonly until: string
    readonly minutes: number
    readonly sampledMinutes: number
  } | null
  readonly users: LevelFigures | null
  readonly sessions: LevelFigures | null
  /** `users` and `sessions` apart, everything else that was counted, by name. */
  readonly meters: Readonly<Record<MeterName, LevelFigures | CountFigures>>
  readonly modules: Readonly<Record<string, ModuleFigures>>
  readonly installations: { readonly licensed: number | null; readonly reporting: 1 }
  readonly gaps: readonly Gap[]
  /** Of the record, within the period: kinds and numbers, no free text. */
  readonly events: readonly { readonly at: string; readonly kind: string; readonly text: string }[]
  /** What was counted and by which query, as in force at the end. */
  readonly descriptions: readonly MeterDescription[]
}

/** A report as it is read back: everything but `figures` is evidence, and `figures` were computed anew from it. */
export interface AuditReport {
  readonly reporter: Reporter
  readonly period: Period
  readonly timezone: string
  /** ISO 8601, when it was made. */
  readonly madeAt: string
  readonly chain: Chain
  readonly evidence: Evidence
  readonly figures: AuditFigures
  /** Licences that were in force, oldest first: `from` licence time of the import, with renewals applied. */
  readonly licences: readonly { readonly from: string; readonly claims: LicenceClaims }[]
  /** What is wrong with it; empty: everything holds. */
  readonly findings: readonly Finding[]
}
