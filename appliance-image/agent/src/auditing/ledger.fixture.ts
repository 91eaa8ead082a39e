import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  hoursText,
  type MinuteBody,
  NO_LINE,
  readSamples,
  type SampleBody,
  sampleLine,
  summarize,
  unsignedSeal,
} from '@domicile/license/ledger'
import { MINUTE_MS, plusDays, startOfDay } from '@domicile/license/utc'
import { judging } from '../licensing/judging.ts'
import { LicenceKeeper, NO_USAGE } from '../licensing/licence-keeper.ts'
import { licence, VENDOR_KEYS } from '../licensing/vendor.fixture.ts'

export const PRODUCT = { name: 'erp', version: '7.0.30' }

/** An appliance that counts: its keeper, its ledger, and a clock that goes when it is told to. */
export class CountingAppliance {
  /** Of the licence. */
  readonly folder: string
  keeper!: LicenceKeeper
  now: Date

  constructor(folder: string, now = '2026-11-01T00:00:00Z') {
    this.folder = folder
    this.now = new Date(now)
  }

  /** As after a start of the agent on what is in the folder. */
  async start(): Promise<LicenceKeeper> {
    const ran = () => this.now.getTime() / 1000
    this.keeper = new LicenceKeeper(
      { folder: this.folder, product: PRODUCT, vendorKeys: VENDOR_KEYS },
      { judge: judging, wall: () => this.now, ran, log: () => undefined },
    )
    await this.keeper.load()
    return this.keeper
  }

  licensed = () => this.keeper.take(licence(this.now, 1), false, NO_USAGE)

  path = (file: 'samples' | 'hours', day: string) =>
    join(this.folder, 'ledger', file, `${day}.${file === 'samples' ? 'jsonl' : 'json'}`)

  /** Counts from now on to the end of the day, and seals it; one sample in ten minutes. */
  countDay(users: (minute: number) => number = () => 5): string {
    const day = this.#count(1440, users)
    const text = this.#samplesOf(day)
    const read = readSamples(text, day)
    const hours = summarize(day, read.bodies)
    mkdirSync(join(this.folder, 'ledger/hours'), { recursive: true })
    writeFileSync(this.path('hours', day), hoursText(hours))
    this.now = new Date(startOfDay(plusDays(day, 1)) + MINUTE_MS)
    this.keeper.seal(unsignedSeal(read, hours))
    return day
  }

  /** Counts a part of the day, which stays open. */
  countUntil(minute: number, users: (minute: number) => number = () => 5): string {
    const day = this.#count(minute, users)
    this.now = new Date(startOfDay(day) + minute * MINUTE_MS)
    return day
  }

  readonly #texts = new Map<string, string>()
  #samplesOf = (day: string) => this.#texts.get(day) ?? ''

  #count(until: number, users: (minute: number) => number): string {
    const day = this.now.toISOString().slice(0, 10)
    const bodies: SampleBody[] = [{ day, levels: ['users'], counts: ['sessions_refused'], limits: { users: 10 } }]
    for (let minute = 0; minute < until; minute += 10) bodies.push([minute, users(minute), 1] satisfies MinuteBody)
    let [text, head] = ['', NO_LINE]
    for (const body of bodies) {
      const line = sampleLine(head, body)
      ;[text, head] = [text + line.text, line.hash]
    }
    mkdirSync(join(this.folder, 'ledger/samples'), { recursive: true })
    writeFileSync(this.path('samples', day), text)
    this.#texts.set(day, text)
    return day
  }
}
