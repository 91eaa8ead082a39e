import { createPublicKey, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LicenceRefusal } from '@domicile/license'
import { type ClockState, corroborate, startClock, tick, unlock } from '@domicile/license/clock'
import { type LicenceTrust, signDocument, splitDocuments } from '@domicile/license/document'
import { chainOf, EXCHANGE } from '@domicile/license/record'
import { effectiveLicence, type Standing, standing, type Usage } from '@domicile/license/standing'
import { type Log, messageOf } from '../log.ts'
import type { Advice, VerbRequest, VerbResponse } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import { emptyHoldings, type Holdings, happened, replay, type Taken, take } from './holdings.ts'
import { type Installation, readInstallation } from './installation.ts'
import { type KeeperState, KeeperStateFile, type Maintenance } from './keeper-state.ts'
import { RecordFile } from './record-file.ts'
import { decide, OPEN, undecided } from './standing-change.ts'

export interface KeeperPorts {
  readonly wall: () => Date
  /** Seconds this process has run, whatever the wall clock does. */
  readonly ran: () => number
  readonly log: Log
}

export interface KeeperOptions {
  /** Private to the agent. */
  readonly folder: string
  readonly product: { readonly name: string; readonly version: string }
  readonly vendorKeys: LicenceTrust['vendorKeys']
}

/** A pause of the agent longer than this is written down: nobody looked meanwhile. Seconds. */
const GAP_SECONDS = 300

/**
 * Holds the licence: takes documents, keeps the record, computes the standing. Whatever goes wrong in here, the last
 * standing stays; the application never hears of it.
 */
export class LicenceKeeper {
  readonly #options: KeeperOptions
  readonly #ports: KeeperPorts
  readonly #file: KeeperStateFile
  #installation!: Installation
  #record!: RecordFile
  #holdings: Holdings
  #state!: KeeperState
  #standing: Standing = OPEN
  #pending: Standing['state'] | null = null
  #ranBefore = 0
  #findings: Advice[] = []
  #downSeconds = 0
  /** Told after each change of the standing. */
  onChange: () => void = () => undefined

  constructor(options: KeeperOptions, ports: KeeperPorts) {
    this.#options = options
    this.#ports = ports
    this.#file = new KeeperStateFile(options.folder, ports.log)
    this.#holdings = emptyHoldings(options.vendorKeys)
  }

  get standing(): Standing {
    return this.#standing
  }

  get maintenance(): Maintenance | null {
    const { maintenance } = this.#state
    return maintenance && Date.parse(maintenance.until) > this.#ports.wall().getTime() ? maintenance : null
  }

  /** For how long nobody looked before this start. */
  get downSeconds(): number {
    return this.#downSeconds
  }

  /** What was tampered with or cannot be read, for a person. */
  get findings(): readonly Advice[] {
    return this.#findings
  }

  /** Of the licence in force; null without one. */
  get licence() {
    return effectiveLicence(this.#holdings.events)
  }

  async load(): Promise<void> {
    const { folder, product } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    this.#installation = await readInstallation(folder)
    this.#state = await this.#file.read()
    this.#record = new RecordFile(join(folder, 'record.jsonl'))
    const where = { product: product.name, installation: this.#installation.id }
    const { holdings, problems } = replay(this.#holdings, this.#record.lines, where)
    this.#holdings = holdings
    this.#standing = this.#state.standing ?? OPEN
    this.#ranBefore = this.#ports.ran()
    if (this.#record.lines.length === 0) this.write('begun', { installation: this.#installation.id })
    this.#lookForTampering(problems)
    this.#noteGap()
    this.evaluate()
    await this.save()
  }

  /** Licence time, moved on to now. */
  now(): Date {
    const ran = this.#ports.ran()
    const clock: ClockState = this.#state.clock ?? startClock(this.#ports.wall().getTime())
    const ticked = tick(clock, { wall: this.#ports.wall().getTime(), ranSeconds: ran - this.#ranBefore })
    this.#ranBefore = ran
    this.#state = { ...this.#state, clock: ticked.state }
    const now = new Date(ticked.now)
    for (const event of ticked.events) this.write('clock', { ...event }, now)
    return now
  }

  /** Appends to the record; it is on the disk when this returns. */
  write(kind: string, data: Readonly<Record<string, unknown>>, at = this.now()): void {
    const wall = this.#ports.wall().toISOString()
    const { n, hash } = this.#record.append({ at: at.toISOString(), wall, kind, data })
    this.#state = { ...this.#state, head: { n, hash } }
  }

  /** Computes the standing anew. Never throws: without an answer the last one stays, for 72 h. */
  evaluate(usage: Usage = { users: null, sessions: null, meters: {} }): void {
    const wall = this.#ports.wall()
    try {
      const now = this.now()
      const { terms, events } = this.#holdings
      const computed = standing({ events, usage, now: now.getTime(), terms })
      const decision = decide(this.#standing, this.#pending, computed)
      this.#pending = decision.pending
      this.#state = { ...this.#state, undecidedSince: null }
      this.#put(decision.standing, now)
    } catch (error) {
      const since = this.#state.undecidedSince ?? wall.toISOString()
      this.#ports.log('standing-undecided', { message: messageOf(error), since })
      this.#state = { ...this.#state, undecidedSince: since }
      this.#standing = undecided(this.#standing, Date.parse(since), wall.getTime())
    }
  }

  #put(next: Standing, now: Date): void {
    const before = this.#standing
    this.#standing = next
    if (next.state === before.state && JSON.stringify(next.effects) === JSON.stringify(before.effects)) return
    if (next.state !== before.state) {
      const reasons = next.reasons.map(({ track, stage, clause }) => ({ track, stage, clause }))
      this.write('standing', { state: next.state, before: before.state, reasons }, now)
      this.#ports.log('standing', { state: next.state, before: before.state })
    }
    this.onChange()
  }

  /**
   * Takes every document of a file, or none.
   * @throws Refusal with the reason of the first that does not count
   */
  async take(text: string, replace: boolean): Promise<Taken[]> {
    const now = this.now()
    let holdings = this.#holdings
    const signedBy = new Date(Math.max(now.getTime(), this.#ports.wall().getTime()))
    const where = { now, signedBy, replace, product: this.#options.product.name, installation: this.#installation.id }
    const taken: (Taken & { text: string })[] = []
    try {
      for (const document of splitDocuments(text)) {
        const next = take(holdings, document, where)
        holdings = next.holdings
        taken.push({ ...next.taken, text: document })
      }
      // What cannot be carried out is refused now, not when it would have to be.
      const { terms, events } = holdings
      standing({ events, usage: NO_USAGE, now: now.getTime(), terms })
    } catch (error) {
      if (!(error instanceof LicenceRefusal)) throw error
      this.write('import-refused', { code: error.code, message: error.message.slice(0, 300) }, now)
      throw new Refusal(error)
    }
    for (const { text, document, jti, changed } of taken) {
      if (changed) this.write('imported', { document, jti, text }, now)
    }
    this.#holdings = holdings
    this.#setClock(taken)
    this.evaluate()
    await this.save()
    return taken
  }

  /** A document that the vendor just signed tells the time; an unlock sets it. */
  #setClock(taken: readonly Taken[]): void {
    let { clock } = this.#state
    if (!clock) return
    for (const { setsClock, signedAt, changed } of taken.filter((one) => one.changed)) {
      if (changed) clock = setsClock === null ? corroborate(clock, signedAt) : unlock(clock, setsClock)
    }
    this.#state = { ...this.#state, clock }
  }

  /** A notice was shown to somebody. Only the first time counts, and only that is written down. */
  shown(key: string): void {
    const known = this.#holdings.events.some((event) => event.kind === 'notice-shown' && event.key === key)
    if (known || !this.#standing.effects.notices.some((notice) => notice.key === key)) return
    const at = this.now()
    this.write('notice-shown', { key }, at)
    this.#holdings = happened(this.#holdings, { at: at.toISOString(), kind: 'notice-shown', key })
    this.evaluate()
  }

  async announce(maintenance: Maintenance | null): Promise<void> {
    this.#state = { ...this.#state, maintenance }
    this.write('maintenance', { ...(maintenance ?? { withdrawn: true }) })
    await this.save()
  }

  /** An armoured request, signed by this installation. Making one is an exchange: the chain remembers it. */
  async request({ purpose }: VerbRequest<'licence-request'>, usage: Usage): Promise<string> {
    const { id, privateKey } = this.#installation
    this.write(EXCHANGE, { with: 'request' })
    await this.save()
    const counted = { users: usage.users, sessions: usage.sessions, ...usage.meters }
    const numbers = Object.entries(counted).filter((entry): entry is [string, number] => entry[1] !== null)
    const claims = {
      jti: randomUUID(),
      iss: 'installation',
      iat: Math.floor(this.now().getTime() / 1000),
      installation: { id, publicKey: createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '' },
      product: this.#options.product.name,
      version: this.#options.product.version,
      purpose,
      contract: this.licence?.contract ?? null,
      seq: this.licence?.seq ?? null,
      usage: Object.fromEntries(numbers),
      chain: chainOf(this.#record.lines),
    }
    return signDocument('request', claims, { kid: id, privateKey })
  }

  status(): Pick<
    VerbResponse<'licence-show'>,
    'installation' | 'standing' | 'licence' | 'events' | 'clock' | 'record' | 'maintenance'
  > {
    const now = this.now()
    const wall = this.#ports.wall()
    const { length, head } = chainOf(this.#record.lines)
    const hours = Math.round((wall.getTime() - now.getTime()) / 3_600_000)
    const problem =
      hours === 0
        ? null
        : `the clock of this server is ${Math.abs(hours)} h ${hours > 0 ? 'ahead of' : 'behind'} licence time, which is believed until 72 h have passed or a document of the vendor says otherwise`
    return {
      installation: this.#installation.id,
      standing: this.#standing,
      licence: this.licence,
      events: [...this.#holdings.events],
      clock: { now: now.toISOString(), wall: wall.toISOString(), problem },
      record: { length, head },
      maintenance: this.maintenance,
    }
  }

  async save(): Promise<void> {
    this.#state = { ...this.#state, standing: this.#standing, aliveAt: this.#ports.wall().toISOString() }
    await this.#file.write(this.#state)
  }

  #lookForTampering(problems: readonly string[]): void {
    const { head } = this.#state
    const found = [...problems]
    if (this.#record.problem) found.push(this.#record.problem)
    if (head && this.#record.lines[head.n - 1]?.hash !== head.hash) {
      found.push(`it ended with line ${head.n} and does not contain that line any more`)
    }
    for (const problem of found) this.write('tampered', { with: 'record', problem })
    this.#findings = found.map((problem) => ({
      code: 'RECORD_TAMPERED',
      message: `The licence's record was changed from outside: ${problem}.`,
      hint: 'What still holds counts. Tell the vendor if you restored an old copy of the volume; the next exchange will show it.',
    }))
  }

  #noteGap(): void {
    const { aliveAt } = this.#state
    if (!aliveAt) return
    const until = this.#ports.wall()
    const seconds = Math.round((until.getTime() - Date.parse(aliveAt)) / 1000)
    this.#downSeconds = Math.max(0, seconds)
    if (seconds > GAP_SECONDS) this.write('gap', { from: aliveAt, until: until.toISOString(), seconds })
  }
}

const NO_USAGE: Usage = { users: null, sessions: null, meters: {} }
