import { isZone } from '@domicile/backup/calendar'
import { DEFAULT_SCHEDULE, due, findings, next, type Operation, type ScheduleTerms } from '@domicile/backup/schedule'
import { parseTerms, type Terms } from '@domicile/license/terms'
import { ATTEMPT_FAILED, HELPER_GONE, STATE_BROKEN } from './advice.ts'
import type { Plan, PlanQuestion } from './planner.ts'

export function planBackups({ kept, wanted, terms, now, installation }: PlanQuestion): Plan {
  const { schedule } = kept
  const at = new Date(now)
  const agreed = scheduleTerms(wanted, readTerms(terms))
  const following = next(schedule, agreed, at, installation)
  return {
    due: due(schedule, agreed, at, installation)?.operation ?? null,
    next: { operation: following.operation, at: following.at.toISOString() },
    findings: [...findings(schedule, agreed, at), ...troubles(kept)],
  }
}

/** What is late will be said; these say why. */
function troubles({ schedule, goneSince, brokenAt }: PlanQuestion['kept']): Plan['findings'] {
  const failing = Object.entries(schedule.attempts).filter(([, { failures }]) => failures > 0)
  return [
    ...(goneSince ? [HELPER_GONE(goneSince)] : []),
    ...failing.map(([operation, attempt]) => ATTEMPT_FAILED(operation as Operation, attempt)),
    ...(brokenAt ? [STATE_BROKEN(brokenAt)] : []),
  ]
}

/** As the contract says, and as the admin wants it where the contract leaves it open. */
export function scheduleTerms(wanted: PlanQuestion['wanted'], contract: Terms | null): ScheduleTerms {
  const night = contract?.windows.find(({ days }) => days === 'every')
  const { from, until } = wanted.window ?? night ?? DEFAULT_SCHEDULE.window
  const zones = [wanted.timeZone, contract?.timezone].filter((zone) => zone !== undefined)
  return {
    timeZone: zones.find(isZone) ?? 'UTC',
    window: { from, until },
    drillDays: wanted.drillDays ?? DEFAULT_SCHEDULE.drillDays,
    places: contract?.backups?.places ?? DEFAULT_SCHEDULE.places,
  }
}

/** Terms that this agent cannot read must not keep backups from being made. */
function readTerms(text: string | null): Terms | null {
  try {
    return text === null ? null : parseTerms(text)
  } catch {
    return null
  }
}
