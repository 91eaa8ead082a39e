import type { LicenceClaims } from '../document/index.ts'
import { dayAt, firstOfNextMonth, startOf, type Terms } from '../terms/index.ts'
import type { Course } from './course.ts'

export interface TierChange {
  readonly at: number
  readonly tier: string
}

/**
 * The tiers that a licence moves to, in the order of time: a meter that was seen above a tier's amount moves it up from
 * the first day of the next month, never down, and a new year does not undo it. Where it starts is the licence's word.
 */
export function tierChanges(course: Course, terms: Terms): TierChange[] {
  const tiers = course.licence?.tiers
  if (!tiers || !terms.tiers) return []
  const changes: TierChange[] = []
  let reached = stepOf(tiers, tiers.current)
  for (const { at, meter, value } of course.metered) {
    if (meter !== tiers.meter) continue
    const index = tiers.steps.findIndex(({ upTo }) => upTo === null || value <= upTo)
    const step = index < 0 ? tiers.steps.length - 1 : index
    if (step <= reached) continue
    reached = step
    const from = startOf(firstOfNextMonth(dayAt(Date.parse(at), terms.timezone)), terms.timezone)
    const tier = tiers.steps[step]?.name ?? tiers.current
    if (changes.at(-1)?.at === from) changes.pop()
    changes.push({ at: from, tier })
  }
  return changes
}

const stepOf = ({ steps }: NonNullable<LicenceClaims['tiers']>, name: string) =>
  Math.max(
    0,
    steps.findIndex((step) => step.name === name),
  )
