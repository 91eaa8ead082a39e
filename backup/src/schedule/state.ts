import type { Snapshot } from '../snapshot/index.ts'
import type { Copy, Note, Operation, ScheduleState, Summary } from './types.ts'

const MINUTE_MS = 60_000

/** Clocks that are set right by seconds or minutes are no clocks that were moved. */
export const CLOCK_TOLERANCE_MS = 10 * MINUTE_MS

/** @param at ISO 8601 */
export const isOfFuture = (at: string, now: Date): boolean => Date.parse(at) > now.getTime() + CLOCK_TOLERANCE_MS

/**
 * For whoever has the catalogue; second copies are known elsewhere. What seems to be of the future counts only while there
 * is nothing else: a clock that once was wrong must not keep newer snapshots from being seen.
 */
export function summaryOf(snapshots: readonly Snapshot[], copies: readonly Copy[], now: Date): Summary {
  const good = snapshots.filter(({ refused }) => refused === null)
  const newest = latest(good, now, ({ at }) => at)
  const proven = latest(
    good.filter(({ provenAt }) => provenAt !== null),
    now,
    ({ provenAt }) => provenAt as string,
  )
  return {
    snapshot: newest ? { run: newest.run, at: newest.at } : null,
    checked: newest !== null && newest.checkedAt !== null,
    proof: proven?.provenAt ? { run: proven.run, at: proven.provenAt } : null,
    copies: [...copies],
  }
}

function latest(snapshots: readonly Snapshot[], now: Date, at: (one: Snapshot) => string): Snapshot | null {
  const present = snapshots.filter((one) => !isOfFuture(at(one), now))
  let found: Snapshot | null = null
  for (const one of present.length > 0 ? present : snapshots) {
    if (found === null || Date.parse(at(one)) >= Date.parse(at(found))) found = one
  }
  return found
}

/** Before anything is known. */
export const freshState = (since: Date): ScheduleState => ({
  since: since.toISOString(),
  summary: { snapshot: null, checked: false, proof: null, copies: [] },
  attempts: {},
  running: null,
})

/** Somebody was asked to do it. */
export const begun = (state: ScheduleState, operation: Operation, at: Date): ScheduleState => ({
  ...state,
  running: { operation, since: at.toISOString() },
})

/** It ended, whoever had asked for it. That another operation was at work is no failure. */
export function noted(state: ScheduleState, { operation, outcome, code, at, summary }: Note): ScheduleState {
  const known = { ...state, summary: summary ?? state.summary }
  if (operation === 'restore') return known
  const before = state.attempts[operation]?.failures ?? 0
  const failures = outcome === 'done' ? 0 : code === 'LOCKED' ? before : before + 1
  return {
    ...known,
    attempts: { ...state.attempts, [operation]: { at, failures, code } },
    running: state.running?.operation === operation ? null : state.running,
  }
}
