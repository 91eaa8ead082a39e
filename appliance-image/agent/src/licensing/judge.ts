import type { Claims, LicenceClaims, LicenceTrust } from '@domicile/license/document'
import { HAPPENINGS, IMPORTED, type Taken, VENDOR_KEYS } from '@domicile/license/holdings'
import type { RecordLine } from '@domicile/license/record'
import type { Standing, StandingEvent, Usage } from '@domicile/license/standing'
import type { AgentError } from '../protocol.ts'

export interface JudgeRequest {
  readonly vendorKeys: LicenceTrust['vendorKeys']
  readonly product: string
  /** UUID of the installation. */
  readonly installation: string
  /** Of the record, those of the kinds `JUDGED`. */
  readonly lines: readonly RecordLine[]
  /** Licence time, ISO 8601. */
  readonly now: string
  /** Of meters, how many there are now. */
  readonly usage: Usage
  /** Folder of the ledger, which holds what was counted by the calendar. */
  readonly ledger: string
  /** A file of documents to take, if it can be taken. */
  readonly bring: {
    readonly text: string
    /** Whether the licence of another contract may take the place of the one held. */
    readonly replace: boolean
    /** The later of licence time and the wall clock, ISO 8601. */
    readonly signedBy: string
  } | null
}

export interface Judgement {
  /** With what was brought. */
  readonly standing: Standing
  /** In force, with renewals and receipts applied. */
  readonly licence: LicenceClaims | null
  readonly events: readonly StandingEvent[]
  /** An amount that reached a higher tier than any before, to be written down; it counts in the standing already. */
  readonly metered: { readonly meter: string; readonly value: number } | null
  /** Lines of the record that do not count any more, in words. */
  readonly problems: readonly string[]
  /** What the vendor counter-signed of this record, with what was brought. */
  readonly anchors: readonly Claims<'anchor'>[]
  /** The vendor took the licence in force back. */
  readonly revoked: boolean
  /** Each document that was brought, with its own text. */
  readonly taken: readonly (Taken & { readonly text: string })[]
}

export interface SignRequest {
  readonly claims: Claims<'request'>
  /** PEM, of the installation. */
  readonly privateKey: string
}

/** Kinds of lines that a standing follows from. */
export const JUDGED: readonly string[] = [VENDOR_KEYS, IMPORTED, ...HAPPENINGS]

/**
 * Reads signed documents and says what follows. A port: signatures, YAML and calendars take more memory than the rest of
 * the agent together, for a moment once in a while, and what goes wrong there may not take the gate with it.
 */
export interface Judge {
  /** @returns the judgement, or why what was brought does not count */
  judge(request: JudgeRequest): Promise<Judgement | { readonly refused: AgentError }>
  /** @returns the armoured document */
  sign(request: SignRequest): Promise<string>
}
