import { createPrivateKey } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LicenceClaims, LicenceTrust } from '@domicile/license/document'
import { IMPORTED, type Taken } from '@domicile/license/holdings'
import { SEAL, signSeal, type UnsignedSeal } from '@domicile/license/ledger'
import { EXCHANGE } from '@domicile/license/record'
import type { Standing, StandingEvent, Usage } from '@domicile/license/standing'
import { messageOf } from '../log.ts'
import type { Advice, LicenceStatus, VerbRequest } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import { REVOKED, UNDECIDED, unbelieved } from './advice.ts'
import { Anchors } from './anchors.ts'
import { Chronicle, type ChroniclePorts } from './chronicle.ts'
import { type Installation, readInstallation } from './installation.ts'
import { JUDGED, type Judge, type Judgement, type JudgeRequest } from './judge.ts'
import { type KeeperState, KeeperStateFile, type Maintenance } from './keeper-state.ts'
import { clockProblem } from './licence-clock.ts'
import { requestClaims } from './request-claims.ts'
import { changesAt, decide, OPEN, undecided } from './standing-change.ts'

export interface KeeperPorts extends ChroniclePorts {
  readonly judge: Judge
}

export interface KeeperOptions {
  /** Private to the agent. */
  readonly folder: string
  readonly product: { readonly name: string; readonly version: string }
  readonly vendorKeys: LicenceTrust['vendorKeys']
}

/** Without any reason the standing is computed anew so often: use may have grown, a text may count days. */
const EVERY_SECONDS = 900

export const NO_USAGE: Usage = { users: null, sessions: null, meters: {} }

/**
 * Holds the licence: takes documents and knows the standing. Whatever goes wrong in here, the last standing
 * stays; the application never hears of it.
 */
export class LicenceKeeper {
  readonly #options: KeeperOptions
  readonly #ports: KeeperPorts
  readonly #file: KeeperStateFile
  #installation!: Installation
  #chronicle!: Chronicle
  #state!: KeeperState
  #standing: Standing = OPEN
  #licence: LicenceClaims | null = null
  #events: readonly StandingEvent[] = []
  readonly #anchors = new Anchors()
  #pending: Standing['state'] | null = null
  #judgedAt = Number.NEGATIVE_INFINITY
  #turn: Promise<unknown> = Promise.resolve()
  #revoked = false
  /** Told after each change of the standing. */
  onChange: () => void = () => undefined

  constructor(options: KeeperOptions, ports: KeeperPorts) {
    this.#options = options
    this.#ports = ports
    this.#file = new KeeperStateFile(options.folder, ports.log)
  }

  get standing(): Standing {
    return this.#standing
  }

  /** In force, with renewals and receipts applied; null without one. */
  get licence(): LicenceClaims | null {
    return this.#licence
  }

  /** Nothing was ever applied, and that is certain. */
  get neverLicensed(): boolean {
    return this.#licence === null && this.#state.undecidedSince === null
  }

  get maintenance(): Maintenance | null {
    const { maintenance } = this.#state
    return maintenance && Date.parse(maintenance.until) > this.#ports.wall().getTime() ? maintenance : null
  }

  /** What was tampered with or cannot be read, for a person. */
  get findings(): readonly Advice[] {
    const unknown = this.#licence === null && this.#state.undecidedSince !== null
    return [...this.#chronicle.findings, ...(this.#revoked ? [REVOKED] : []), ...(unknown ? [UNDECIDED] : [])]
  }

  async load(): Promise<void> {
    const { folder } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { installation, problem } = await readInstallation(folder)
    this.#installation = installation
    this.#state = await this.#file.read()
    this.#chronicle = new Chronicle(join(folder, 'record.jsonl'), this.#ports, this.#state)
    this.#standing = this.#state.standing ?? OPEN
    this.#chronicle.begin(installation, this.#options.vendorKeys)
    if (problem) this.#chronicle.changed('INSTALLATION_UNREADABLE', problem)
    await this.evaluate(NO_USAGE)
  }

  /** What has happened; everything that is to be asked of it. */
  get record(): Chronicle {
    return this.#chronicle
  }

  /** Licence time. */
  now = (): Date => this.#chronicle.now()

  /** Writes something down, if it can be. Numbers, codes and instants: what a person wrote does not belong in the record. */
  note = (kind: string, data: Readonly<Record<string, unknown>>): void => this.#chronicle.note(kind, data)

  /** A file is made for the vendor: the chain remembers it. @throws Error of the file system */
  async exchange(data: { readonly with: 'request' | 'usage' }): Promise<Date> {
    const at = this.now()
    this.#chronicle.append(at, [{ kind: EXCHANGE, data }])
    await this.#save()
    return at
  }

  /** Who this is, with its key. */
  get installation(): Installation {
    return this.#installation
  }

  /** Signs the seal of a day and writes it down. @throws Error of the file system */
  seal(day: UnsignedSeal): void {
    const key = createPrivateKey(this.#installation.privateKey)
    this.#chronicle.append(this.now(), [(before) => ({ kind: SEAL, data: { ...signSeal(day, before, key) } })])
  }

  /** Something has happened by which the standing may be another: it is computed anew the next time it is asked for. */
  reconsider(): void {
    this.#judgedAt = Number.NEGATIVE_INFINITY
  }

  /** Computes the standing anew when there may be a reason to, and keeps what must outlast a restart. */
  async evaluateIfDue(usage: Usage): Promise<void> {
    const changed = this.now().getTime() >= changesAt(this.#standing)
    const due = this.#pending !== null || changed || this.#ports.ran() - this.#judgedAt >= EVERY_SECONDS
    if (due) await this.evaluate(usage)
    else await this.#save()
  }

  /** Computes the standing anew. Never throws: without an answer the last one stays, for 72 h. */
  evaluate(usage: Usage): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const request = this.#request(usage)
        const judged = await this.#ports.judge.judge(request)
        if ('refused' in judged) throw new Error(judged.refused.message)
        this.#put(judged, new Date(request.now))
      } catch (error) {
        this.#undecided(error)
      }
      await this.#save()
    })
  }

  /**
   * Takes every document of a file, or none.
   * @throws Refusal with the reason of the first that does not count
   */
  take(text: string, replace: boolean, usage: Usage): Promise<readonly Taken[]> {
    return this.#inTurn(async () => {
      const request = this.#request(usage)
      const signedBy = new Date(Math.max(Date.parse(request.now), this.#ports.wall().getTime())).toISOString()
      const judged = await this.#ports.judge.judge({ ...request, bring: { text, replace, signedBy } })
      const at = new Date(request.now)
      if ('refused' in judged) {
        this.#chronicle.note('import-refused', { code: judged.refused.code }, at)
        throw new Refusal(judged.refused)
      }
      const fresh = judged.taken.filter(({ changed }) => changed)
      const entries = fresh.map(({ document, jti, text }) => ({ kind: IMPORTED, data: { document, jti, text } }))
      if (entries.length > 0) this.#chronicle.append(at, entries)
      this.#chronicle.heed(fresh)
      this.#put(judged, at)
      // What an unlock did to the clock is not in this judgement yet.
      if (fresh.some(({ setsClock }) => setsClock !== null)) this.reconsider()
      await this.#save()
      return judged.taken
    })
  }

  /** A notice was shown to somebody. Only the first time counts, and only that is written down. */
  shown(key: string): void {
    const known = this.#events.some((event) => event.kind === 'notice-shown' && event.key === key)
    if (known || !this.#standing.effects.notices.some((notice) => notice.key === key)) return
    const at = this.now()
    this.#chronicle.note('notice-shown', { key }, at)
    this.#events = [...this.#events, { at: at.toISOString(), kind: 'notice-shown', key }]
    this.reconsider()
  }

  async announce(maintenance: Maintenance | null): Promise<void> {
    this.#state = { ...this.#state, maintenance }
    const { from, until } = maintenance ?? {}
    this.note('maintenance', maintenance ? { from, until } : { withdrawn: true })
    await this.#save()
  }

  /** An armoured request, signed by this installation. */
  async request({ purpose }: VerbRequest<'licence-request'>, usage: Usage): Promise<string> {
    const at = await this.exchange({ with: 'request' })
    const [installation, licence, { chain }] = [this.#installation, this.#licence, this.#chronicle]
    if (!chain) throw new RangeError('An exchange was written down, and the record has no chain.')
    const { product } = this.#options
    const claims = requestClaims({ installation, product, purpose, licence, usage, chain, at })
    return this.#ports.judge.sign({ claims, privateKey: installation.privateKey })
  }

  status(): Omit<LicenceStatus, 'usage' | 'findings'> {
    const now = this.now()
    const wall = this.#ports.wall()
    const { chain } = this.#chronicle
    return {
      installation: this.#installation.id,
      standing: this.#standing,
      licence: this.#licence,
      events: [...this.#events],
      clock: { now: now.toISOString(), wall: wall.toISOString(), problem: clockProblem(now, wall) },
      record: { length: chain?.length ?? 0, head: chain?.head ?? null },
      maintenance: this.maintenance,
    }
  }

  #request(usage: Usage): JudgeRequest {
    const { product, vendorKeys } = this.#options
    const now = this.now().toISOString()
    this.#judgedAt = this.#ports.ran()
    const lines = this.#chronicle.linesOf(...JUDGED)
    return {
      ...{ vendorKeys, product: product.name, installation: this.#installation.id, lines, now, usage, bring: null },
      ledger: join(this.#options.folder, 'ledger'),
    }
  }

  #put({ standing, licence, events, revoked, problems, anchors, metered }: Judgement, at: Date): void {
    if (metered) this.#chronicle.note('metered', metered, at)
    this.#chronicle.stands([...problems.map(unbelieved), ...this.#anchors.check(anchors, this.#chronicle)])
    this.#revoked = revoked
    this.#licence = licence
    this.#events = events
    this.#state = { ...this.#state, undecidedSince: null }
    const before = this.#standing
    const decision = decide(before, this.#pending, standing)
    this.#pending = decision.pending
    this.#standing = decision.standing
    const { state, effects, reasons } = decision.standing
    if (state !== before.state) {
      const why = reasons.map(({ track, stage, clause }) => ({ track, stage, clause }))
      this.note('standing', { state, before: before.state, reasons: why })
      this.#ports.log('standing', { state, before: before.state })
    }
    if (state !== before.state || JSON.stringify(effects) !== JSON.stringify(before.effects)) this.onChange()
  }

  #undecided(error: unknown): void {
    const wall = this.#ports.wall()
    const since = this.#state.undecidedSince ?? wall.toISOString()
    this.#ports.log('standing-undecided', { message: messageOf(error), since })
    if (!this.#state.undecidedSince) this.note('undecided', {})
    this.#state = { ...this.#state, undecidedSince: since }
    this.#standing = undecided(this.#standing, Date.parse(since), wall.getTime())
  }

  /** One judgement after the other: each builds on the record that the one before left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #save(): Promise<void> {
    this.#state = { ...this.#state, ...this.#chronicle.state, standing: this.#standing }
    await this.#file
      .write(this.#state)
      .catch((error) => this.#ports.log('licence-state-not-written', { message: messageOf(error) }))
  }
}
