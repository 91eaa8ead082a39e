import type { Meterable } from '../../../appliance-image/agent/src/metering/meter-database.ts'
import { MeterReader } from '../../../appliance-image/agent/src/metering/meter-reader.ts'
import type { Counted } from '../../../appliance-image/agent/src/metering/meters.ts'
import { prepareWitness, type Seen, writeWitness } from '../../../appliance-image/agent/src/metering/witness.ts'
import type { Queryable } from '../../../license/src/instruments/index.ts'
import { MINUTE_MS } from '../../../license/src/utc.ts'

/** What one sample costs the database after another, in milliseconds, the way there and back included. */
export interface SampleCosts {
  /** Asking the levels, and telling how far the ledger is: of each minute. */
  readonly minutes: readonly number[]
  /** Counting an hour that is over: once an hour. */
  readonly hours: readonly number[]
}

/**
 * Samples as in so many minutes, without waiting for them.
 * @param databases the application's, as the meters' role; our own
 * @param elapsedMs milliseconds that only go forward
 */
export async function measureSampleCost(
  databases: { readonly application: Meterable; readonly own: Queryable },
  counted: Counted,
  { minutes, elapsedMs }: { readonly minutes: number; readonly elapsedMs: () => number },
): Promise<SampleCosts> {
  const start = new Date('2026-11-22T08:00:00Z')
  let gone = 0
  const monotonic = () => elapsedMs() + gone
  const reader = new MeterReader(counted, '2026-11-22T08', { database: databases.application, monotonic })
  const costs = { minutes: [] as number[], hours: [] as number[] }
  await prepareWitness(databases.own)
  for (let minute = 0; minute < minutes; minute++) {
    const began = elapsedMs()
    await reader.levels()
    await writeWitness(databases.own, seenAt(minute))
    const sampled = elapsedMs()
    costs.minutes.push(sampled - began)
    let written = false
    await reader.flows(new Date(start.getTime() + minute * MINUTE_MS), async (flows) => {
      written = flows.length > 0
    })
    if (written) costs.hours.push(elapsedMs() - sampled)
    gone += MINUTE_MS
  }
  return costs
}

const seenAt = (minute: number): Seen => ({
  ...{ genesis: 'a'.repeat(64), length: 1000, head: 'b'.repeat(64), day: '2026-11-22', lines: minute },
  ...{ digits: 'c'.repeat(64), at: new Date(0).toISOString() },
})
