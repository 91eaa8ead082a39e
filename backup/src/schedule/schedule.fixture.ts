import {
  type Copy,
  DEFAULT_SCHEDULE,
  freshState,
  noted,
  type Operation,
  type ScheduleState,
  type ScheduleTerms,
  type Summary,
} from './index.ts'

export const TERMS: ScheduleTerms = { ...DEFAULT_SCHEDULE, timeZone: 'Europe/Ljubljana' }

export const RUN = '20261121T013000Z-aaaaaa'
export const OTHER = '20261120T013000Z-bbbbbb'

/** All is well: a snapshot, read back, proven, and copied, of the night of the 21st. */
export function wellState(change: Partial<Summary> = {}): ScheduleState {
  const summary: Summary = {
    snapshot: { run: RUN, at: '2026-11-21T01:30:00.000Z' },
    checked: true,
    proof: { run: RUN, at: '2026-11-21T02:00:00.000Z' },
    copies: [],
    ...change,
  }
  return { ...freshState(new Date('2026-06-01T08:00:00Z')), summary }
}

export const copy = (newest: Copy['newest'], since = '2026-06-01T08:00:00.000Z'): Copy => ({
  target: 'barn',
  since,
  newest,
})

export const ended = (
  state: ScheduleState,
  operation: Operation,
  at: string,
  outcome: 'done' | 'failed',
  code: string | null = null,
) => noted(state, { operation, outcome, code, at, summary: null })
