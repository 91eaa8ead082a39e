import type { Period, Reporter } from '@domicile/license/audit'
import type { Claims } from '@domicile/license/document'
import type { Finding } from '@domicile/license/ledger'
import type { RecordLine } from '@domicile/license/record'
import type { AgentError } from '../protocol.ts'

export interface AuditRequest {
  /** Of the licence: the record and the ledger are in it. */
  readonly folder: string
  /** Where the report is written. */
  readonly into: string
  readonly reporter: Reporter
  /** Of the licence in force. */
  readonly contract: string | null
  readonly seq: number | null
  /** Counted now. */
  readonly usage: Claims<'usage'>['usage']
  /** PEM, of the installation. */
  readonly privateKey: string
  /** Null: from the first day, until today. */
  readonly period: { readonly from: string | null; readonly to: string | null }
  /** Where the record ended when it was asked; what is on the disk must still hold it. */
  readonly head: Pick<RecordLine, 'n' | 'hash'>
  /** Licence time, ISO 8601. */
  readonly now: string
}

export interface Audited {
  /** Name of the report in the folder. */
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly period: Period
  /** What is wrong with the ledger. */
  readonly findings: readonly Finding[]
}

/** Verifies the ledger and makes a report of it. A port: a year of it does not fit into the memory of the agent. */
export interface Auditor {
  /** @returns what was made, or why it was not */
  audit(request: AuditRequest): Promise<Audited | { readonly refused: AgentError }>
}
