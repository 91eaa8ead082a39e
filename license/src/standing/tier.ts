import type { LicenceClaims } from '../document/index.ts'
import { dayAt, firstOfNextMonth, startOf, type Terms } from '../terms/index.ts'
import type { Course } from './course.ts'
import type { StandingEvent } from './types.ts'

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
    const step = stepAt(tiers, value)
    if (step <= reached) continue
    reached = step
    const from = startOf(firstOfNextMonth(dayAt(Date.parse(at), terms.timezone)), terms.timezone)
    const tier = tiers.steps[step]?.name ?? tiers.current
    if (changes.at(-1)?.at === from) changes.pop()
    changes.push({ at: from, tier })
  }
  return changes
}

/**
 * The tier that an amount of this year leads to, when it is a higher one than the licence names and than what was seen
 * since it was imported: only then is there something to write down (a `metered` event with `tiers.meter` and the amount).
 * @param value what `Usage.meters` holds under `usageKey(tiers.meter, 'year')`
 * @param events everything that happened; without them only the licence's own tier is looked at
 * @returns the name of the tier, which counts from the first day of the next month; null: nothing new
 */
export function tierReached(
  { tiers }: LicenceClaims,
  terms: Terms,
  value: number,
  events: readonly StandingEvent[] = [],
): string | null {
  if (!tiers || !terms.tiers) return null
  const imported = events.findLastIndex((event) => event.kind === 'imported' && event.document === 'licence')
  const seen = events
    .slice(imported + 1)
    .flatMap((event) => (event.kind === 'metered' && event.meter === tiers.meter ? stepAt(tiers, event.value) : []))
  const step = stepAt(tiers, value)
  return step > Math.max(stepOf(tiers, tiers.current), ...seen) ? (tiers.steps[step]?.name ?? null) : null
}

type Tiers = NonNullable<LicenceClaims['tiers']>

/** The first step that an amount does not pass. */
export function stepAt({ steps }: Tiers, value: number): number {
  const index = steps.findIndex(({ upTo }) => upTo === null || value <= upTo)
  return index < 0 ? steps.length - 1 : index
}

export const stepOf = ({ steps }: Tiers, name: string) =>
  Math.max(
    0,
    steps.findIndex((step) => step.name === name),
  )
