import { type Night, nightAfter, nightAt } from './nights.ts'
import { isOfFuture } from './state.ts'
import { type Due, OPERATIONS, type Operation, type ScheduleState, type ScheduleTerms } from './types.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** An installation is to end before its first snapshot. */
const FIRST_AFTER_MS = 10 * MINUTE_MS
/** A night that was missed is made up as soon as the last snapshot is so old. */
const MISSED_AFTER_MS = 26 * HOUR_MS
/** A drill that the last nights had no room for is done by day when it is so late. */
const DRILL_MISSED_MS = 6 * HOUR_MS
/** Who began something and never told its end is asked again; should it still be at work, its lock says so. */
const LEASE_MS = 6 * HOUR_MS

/** After a failure: twice as long each time, up to three hours. */
const RETRY_MS = 15 * MINUTE_MS
const LONGEST_RETRY_MS = 3 * HOUR_MS
/** After another operation was in the way. */
const LOCKED_MS = 5 * MINUTE_MS

/**
 * What is to be done now, one thing at a time; null: nothing.
 * @param appliance an id that no other appliance has and that stays
 */
export function due(state: ScheduleState, terms: ScheduleTerms, now: Date, appliance: string): Due | null {
  if (isRunning(state, now)) return null
  const night = nightAt(now, terms, appliance)
  for (const operation of OPERATIONS) {
    if (waitsUntil(state, operation, now) > now.getTime()) continue
    const why = reasonFor(operation, state, terms, night, now, appliance)
    if (why) return { operation, why }
  }
  return null
}

/** What comes next by itself, and when, as far as is known now: what is due, what is tried again, or the next night's snapshot. */
export function next(state: ScheduleState, terms: ScheduleTerms, now: Date, appliance: string) {
  const planned = { operation: 'create' as Operation, at: nightAfter(now, terms, appliance).turn }
  const night = nightAt(now, terms, appliance)
  const wanted = OPERATIONS.flatMap((operation) => {
    if (state.running?.operation === operation && isRunning(state, now)) return []
    const why = reasonFor(operation, state, terms, night, now, appliance)
    return why ? [{ operation, at: Math.max(waitsUntil(state, operation, now), now.getTime()) }] : []
  })
  const first = [...wanted, planned].reduce((one, other) => (other.at < one.at ? other : one))
  return { operation: first.operation, at: new Date(first.at) }
}

/** Whether something is believed to be at work: not for ever, whoever does it may have been killed. */
export function isRunning({ running }: ScheduleState, now: Date): boolean {
  if (running === null || isOfFuture(running.since, now)) return false
  return now.getTime() - Date.parse(running.since) < LEASE_MS
}

/** Until when it is not tried again. An attempt of the future says nothing. */
function waitsUntil({ attempts }: ScheduleState, operation: Operation, now: Date): number {
  const last = attempts[operation]
  if (!last || isOfFuture(last.at, now)) return 0
  if (last.code === 'LOCKED') return Date.parse(last.at) + LOCKED_MS
  // What succeeded and is due all the same is not done again every minute.
  const tries = Math.max(last.failures, 1)
  return Date.parse(last.at) + Math.min(RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS)
}

function reasonFor(
  operation: Operation,
  state: ScheduleState,
  terms: ScheduleTerms,
  night: Night,
  now: Date,
  appliance: string,
): Due['why'] | null {
  const { snapshot, checked, copies } = state.summary
  switch (operation) {
    case 'create':
      return createReason(state, night, now)
    case 'check':
      return snapshot && !checked ? 'NOT_CHECKED' : null
    case 'second-copy':
      return snapshot && copies.some(({ newest }) => newest?.run !== snapshot.run) ? 'NOT_COPIED' : null
    case 'drill':
      return drillReason(state, terms, night, now, appliance)
  }
}

function createReason({ since, summary: { snapshot } }: ScheduleState, night: Night, now: Date): Due['why'] | null {
  const time = now.getTime()
  if (!snapshot) return isOfFuture(since, now) || time >= Date.parse(since) + FIRST_AFTER_MS ? 'FIRST' : null
  if (isOfFuture(snapshot.at, now)) return 'CLOCK_BACK'
  const at = Date.parse(snapshot.at)
  if (at < night.from && time >= night.turn && time < night.until) return 'NIGHT'
  return time - at > MISSED_AFTER_MS ? 'MISSED' : null
}

/** In the night, after its snapshot, once the last proof is so many nights old. */
function drillReason(
  { summary: { snapshot, proof } }: ScheduleState,
  terms: ScheduleTerms,
  night: Night,
  now: Date,
  appliance: string,
): Due['why'] | null {
  if (!snapshot) return null
  if (!proof) return 'FIRST'
  if (isOfFuture(proof.at, now)) return 'CLOCK_BACK'
  const proven = nightAt(new Date(proof.at), terms, appliance).day
  const time = now.getTime()
  const inNight = Date.parse(snapshot.at) >= night.from && time < night.until
  if (inNight && night.day - proven >= terms.drillDays) return 'NIGHT'
  return time - Date.parse(proof.at) > terms.drillDays * DAY_MS + DRILL_MISSED_MS ? 'MISSED' : null
}
