import { type FlowBody, METERS, type MeterName, MODULE_FIRST_USED } from '@domicile/license/ledger'
import { dayOf, iso, plusDays, startOfDay, startOfHour } from '@domicile/license/utc'
import { type Log, messageOf } from '../log.ts'
import { minuteOf } from './hours.ts'
import type { Traffic } from './machine.ts'
import type { MeterReader } from './meter-reader.ts'
import type { Counted } from './meters.ts'
import type { LedgerRecord, OpenDay } from './open-day.ts'
import { countsOf, type PendingCounts } from './pending-counts.ts'
import { Reachability } from './reachability.ts'

export interface SamplerRecord extends LedgerRecord {
  /** Licence time. */
  now(): Date
  /** The newest line of one of these kinds; null: there is none. */
  newest(
    ...kinds: readonly string[]
  ): { readonly kind: string; readonly data: Readonly<Record<string, unknown>> } | null
  /** What was said last about what is counted; undefined: nothing. */
  describedMeters(): unknown
  /** Names of modules that were used before. */
  usedModules(): ReadonlySet<string>
}

/** What the appliance counts by itself. Null: not known. */
export interface Gauges {
  users(): Promise<number | null>
  /** The most who worked at the same moment since it was asked before. */
  peak(): { readonly people: number; readonly services: number } | null
  loadPercent(): number | null
  diskBytes(): Promise<number | null>
  traffic(): Promise<Traffic | null>
  /** What the application reported since it was asked before. */
  reported(): Readonly<Record<MeterName, number>>
}

export interface SamplerPorts {
  readonly counted: Counted
  readonly record: SamplerRecord
  readonly days: OpenDay
  readonly reader: MeterReader
  readonly pending: PendingCounts
  readonly gauges: Gauges
  /** In force now, on levels. */
  limits(): Readonly<Record<MeterName, number>>
  /** Tells the database how far the ledger is. Never throws. */
  testify(at: Date): Promise<void>
  /** Told of hours in which something came to be: limits of a month or a year may have been reached. */
  hoursCounted(): void
  readonly log: Log
}

/** Takes a sample of everything that is counted, once in each minute of licence time. */
export class Sampler {
  readonly #ports: SamplerPorts
  #present: ReadonlyMap<MeterName, number | null> = new Map()
  readonly #reachability: Reachability
  #described = false
  /** The minute that was tried last: what cannot be written is not tried again in the same. */
  #tried = ''

  constructor(ports: SamplerPorts) {
    this.#ports = ports
    this.#reachability = new Reachability(ports.record)
  }

  /** The levels as they were seen last; null: not known. */
  levels = (): Readonly<Record<MeterName, number | null>> => Object.fromEntries(this.#present)

  /**
   * Samples the minute that it is, unless it was sampled. To be called several times a minute: the clock may move on
   * otherwise than the timer. A sample that cannot be written is lost; what was counted in it is in the next.
   */
  run = async (): Promise<void> => {
    const { record, days, reader, log } = this.#ports
    const now = record.now()
    const [day, minute] = [dayOf(now), minuteOf(now)]
    if (this.#tried === `${day} ${minute}`) return
    this.#tried = `${day} ${minute}`
    this.#describe()
    for (const over of days.over(day)) {
      await this.#seal(over, now).catch((error) => log('day-not-sealed', { day: over, message: messageOf(error) }))
    }
    if (!days.canSample(day, minute, now)) return
    await this.#sample(minute)
    await reader.flows(now, this.#writeFlows)
    this.#reachability.note(reader, now)
    await this.#ports.testify(now)
    days.dropOld(day)
  }

  async #sample(minute: number): Promise<void> {
    const { counted, days, gauges, limits, pending } = this.#ports
    pending.heed(await gauges.traffic())
    const levels = await this.#levels()
    for (const [name, more] of Object.entries(gauges.reported())) pending.add(name, more)
    // What happens while the disk is at work belongs to the next sample.
    const taken = pending.take()
    const columns = { levels: counted.levels, counts: counted.counts, limits: limits() }
    const values = counted.levels.map((name) => levels.get(name) ?? null)
    await days.sample(minute, { columns, levels: values, counts: countsOf(taken, counted.counts) }).catch((error) => {
      pending.putBack(taken)
      throw error
    })
  }

  async #levels(): Promise<ReadonlyMap<MeterName, number | null>> {
    const { gauges, reader, counted } = this.#ports
    const peak = gauges.peak()
    const disk = await gauges.diskBytes()
    const stack = await reader.levels()
    const users = reader.unreachable ? null : await gauges.users()
    const levels = new Map<MeterName, number | null>([
      ['users', users],
      ['sessions', peak?.people ?? null],
      ['services', peak?.services ?? null],
      ['disk_bytes', disk],
      ['load_percent', gauges.loadPercent()],
      ...stack,
    ])
    this.#present = new Map(counted.levels.map((name) => [name, levels.get(name) ?? null]))
    return this.#present
  }

  /** Hours that were not counted yet belong to the day that is over, if the database answers; otherwise to a later one. */
  async #seal(day: string, now: Date): Promise<void> {
    const { days, reader } = this.#ports
    days.open(day, now)
    await reader.allFlows(new Date(startOfDay(plusDays(day, 1))), this.#writeFlows)
    await days.seal(day, now)
    this.#described = false
  }

  #writeFlows = async (flows: readonly FlowBody[]): Promise<void> => {
    // First what follows from them: what is written down twice is known to be so, what is not at all is lost.
    for (const { hour, counts } of flows) this.#noteFirstUse(hour, counts)
    await this.#ports.days.addFlows(flows)
    const some = flows.some(({ counts }) => Object.values(counts).some((count) => count !== 0))
    if (some) this.#ports.hoursCounted()
  }

  #noteFirstUse(hour: string, counts: FlowBody['counts']): void {
    const { counted, record } = this.#ports
    const known = record.usedModules()
    for (const { name, module } of counted.descriptions) {
      const used = module !== null && name.endsWith('.transactions') && (counts[name] ?? 0) > 0
      if (used && !known.has(module)) record.note(MODULE_FIRST_USED, { module, at: iso(startOfHour(hour)) })
    }
  }

  /** Says what is counted from here on, when that is not what was counted before. */
  #describe(): void {
    if (this.#described) return
    const meters = this.#ports.counted.descriptions
    const { record } = this.#ports
    if (JSON.stringify(record.describedMeters()) !== JSON.stringify(meters)) record.note(METERS, { meters })
    this.#described = true
  }
}
