import type { LicenceClaims } from '../document/index.ts'
import { entryOf } from '../entry-of.ts'
import { stepAt, stepOf } from '../standing/index.ts'
import { dayAt, firstOfNextMonth, type Terms } from '../terms/index.ts'
import { HOUR_MS, iso } from '../utc.ts'
import { endOfBlock, type Measured } from './reconcile-evidence.ts'
import type { Proof, TierMove } from './reconcile-types.ts'

interface Seen {
  readonly at: number
  readonly value: number
  readonly proof: Proof
}

/**
 * The tiers that the licence moved to: when an amount of the calendar year was passed, as the record says or the hours add
 * up to, whichever is earlier. The next tier counts from the first day of the next month, and never less again.
 */
export function tierMoves(all: readonly Measured[], licence: LicenceClaims, terms: Terms): TierMove[] {
  const { tiers } = licence
  if (!tiers || !terms.tiers) return []
  const seen = all
    .flatMap((measured) => {
      const since = takenAt(measured, licence)
      return [...recorded(tiers.meter, measured), ...addedUp(tiers.meter, measured)].filter(({ at }) => at >= since)
    })
    .toSorted((a, b) => a.at - b.at || a.value - b.value)
  const moves: TierMove[] = []
  let reached = stepOf(tiers, tiers.current)
  for (const { at, value, proof } of seen) {
    const step = stepAt(tiers, value)
    if (step <= reached) continue
    const from = firstOfNextMonth(dayAt(at, terms.timezone))
    const before = tiers.steps[reached]?.name ?? tiers.current
    const tier = tiers.steps[step]?.name ?? tiers.current
    const same = moves.at(-1)?.from === from ? moves.pop() : undefined
    moves.push({
      ...{ meter: tiers.meter, before: same?.before ?? before, tier, passedAt: iso(at), value, from },
      ...{ clause: terms.tiers.clause, proof: [proof] },
    })
    reached = step
  }
  return moves
}

/** When the appliance took the licence: nothing before that moves the tier that the licence names. */
function takenAt({ lines }: Measured, { jti }: LicenceClaims): number {
  const line = lines.find(({ kind, data }) => kind === 'imported' && data['jti'] === jti)
  return line ? Date.parse(line.at) : Number.NEGATIVE_INFINITY
}

function recorded(meter: string, { lines, installation }: Measured): Seen[] {
  return lines.flatMap(({ kind, at, data }) => {
    const { value } = data
    if (kind !== 'metered' || data['meter'] !== meter || typeof value !== 'number') return []
    return [{ at: Date.parse(at), value, proof: { installation, from: at, until: at } }]
  })
}

/** The sum of each calendar year, hour by hour; an amount is passed when the hour is over. */
function addedUp(meter: string, { blocks, flows, installation }: Measured): Seen[] {
  const entries = [
    ...blocks.map((block) => ({ at: endOfBlock(block), start: block.start, day: block.day, counts: block.counts })),
    ...flows.map(({ start, day, counts }) => ({ at: start + HOUR_MS, start, day, counts })),
  ].toSorted((a, b) => a.start - b.start)
  const sums = new Map<string, number>()
  return entries.flatMap(({ at, start, day, counts }) => {
    const count = entryOf(counts, meter)
    if (count === undefined) return []
    const year = day.slice(0, 4)
    const value = (sums.get(year) ?? 0) + count
    sums.set(year, value)
    // The last moment of the hour is of its own month, the next is not.
    return [{ at: at - 1, value, proof: { installation, from: iso(start), until: iso(at) } }]
  })
}
