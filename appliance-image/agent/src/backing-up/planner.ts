import type { Operation } from '@domicile/backup/schedule'
import type { Config } from '../config.ts'
import type { BackupStatus } from '../protocol.ts'
import type { Kept } from './schedule-file.ts'

export interface PlanQuestion {
  readonly kept: Pick<Kept, 'schedule' | 'goneSince' | 'brokenAt'>
  /** What the admin wants. */
  readonly wanted: Config['backup']
  /** The contract's terms, as text; null without a licence. */
  readonly terms: string | null
  /** ISO 8601. */
  readonly now: string
  /** UUID of the installation: many do not begin in the same minute. */
  readonly installation: string
}

export interface Plan {
  /** To be done now; null: nothing. */
  readonly due: Operation | null
  readonly next: { readonly operation: Operation; readonly at: string }
  /** Worst first. */
  readonly findings: BackupStatus['findings']
}

/**
 * Says what is due and what is not as it should be. A port: calendars, terms and words take more memory than the rest of the agent together, and
 * a plan holds for minutes.
 */
export interface Planner {
  plan(question: PlanQuestion): Promise<Plan>
}
