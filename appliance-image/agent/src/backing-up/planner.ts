import type { Finding, Operation, ScheduleState } from '@domicile/backup/schedule'
import type { Config } from '../config.ts'

export interface PlanQuestion {
  readonly schedule: ScheduleState
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
  readonly findings: readonly Finding[]
}

/**
 * Says what is due and what is late. A port: calendars and terms take more memory than the rest of the agent together, and
 * a plan holds for minutes.
 */
export interface Planner {
  plan(question: PlanQuestion): Promise<Plan>
}
