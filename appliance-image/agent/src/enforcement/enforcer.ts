import type { Guards } from '@domicile/license'
import {
  type Database,
  guardUsage,
  installGuard,
  makeReadOnly,
  makeWritable,
  prepareSeats,
  readOnlyState,
  removeGuard,
  repairGuard,
  setAllowed,
  setPools,
} from '@domicile/license/instruments'
import type { Effects } from '@domicile/license/standing'
import type { Config } from '../config.ts'
import { type Log, messageOf } from '../log.ts'
import type { Advice } from '../protocol.ts'

export interface EnforcerPorts {
  /** The application's database, and our own with the seats. */
  readonly application: Database
  readonly own: Database
  /** What is to hold now. */
  effects(): Effects
  /** What a person reads who may not activate one more user; `{used}` and `{allowed}` are filled in. */
  guardMessage(): string
  record(kind: string, data: Readonly<Record<string, unknown>>): void
  readonly log: Log
}

/** As many as `status` shows until the agent starts anew; the record has all. */
const MOST_TAMPERINGS = 10

/** Written down at most so often while the same thing goes on. */
const REPEAT_MS = 3_600_000

/**
 * Makes the databases be as the standing says, again and again: whatever was interrupted, undone or tampered with is put
 * right by the next round. A round that fails leaves everything as it is.
 */
export class Enforcer {
  readonly #config: Pick<Config, 'database' | 'guards'>
  readonly #ports: EnforcerPorts
  readonly #recorded = new Map<string, number>()
  #removedForMigration = false
  #message: string | null = null
  #tamperings: Advice[] = []
  #findings: Advice[] = []
  #users: { used: number | null; max: number | null } = { used: null, max: null }
  #round: Promise<void> = Promise.resolve()

  constructor(config: Pick<Config, 'database' | 'guards'>, ports: EnforcerPorts) {
    this.#config = config
    this.#ports = ports
  }

  get findings(): readonly Advice[] {
    return this.#findings
  }

  /** Active users by the guard's count, and the limit it holds; null where unknown or none. */
  get users() {
    return this.#users
  }

  /** Active users at this moment, as the guard counts them; null: nobody knows. Never throws. */
  countUsers = (): Promise<number | null> =>
    guardUsage(this.#ports.application).then(
      (usage) => usage?.used ?? null,
      () => null,
    )

  /** One round, after the one that runs. Never throws. */
  run(): Promise<void> {
    this.#round = this.#round.then(() => this.#enforce())
    return this.#round
  }

  /** Takes our objects out of the application's database until `installGuards`, or until the agent starts anew. */
  async removeGuards(): Promise<void> {
    this.#removedForMigration = true
    await this.#round
    const { users } = this.#config.guards
    if (users) await removeGuard(this.#ports.application, users, this.#place)
    await makeWritable(this.#ports.application, this.#roles)
  }

  async installGuards(): Promise<void> {
    this.#removedForMigration = false
    await this.run()
  }

  get #place() {
    return { owner: this.#config.database.owner }
  }

  get #roles() {
    const { owner, app } = this.#config.database
    return { owner, app, writable: this.#config.guards.readOnly?.writable ?? {} }
  }

  async #enforce(): Promise<void> {
    const effects = this.#ports.effects()
    const findings = [
      ...(await this.#attempt('guard', () => this.#holdUsers(effects, this.#config.guards))),
      ...(await this.#attempt('read-only', () => this.#holdReadOnly(effects))),
      ...(await this.#attempt('seats', () => this.#holdSeats(effects))),
    ]
    this.#findings = [...findings, ...this.#tamperings]
  }

  async #holdUsers({ limits }: Effects, { users }: Guards): Promise<void> {
    if (!users || this.#removedForMigration) return
    const { application } = this.#ports
    const allowed = limits.users?.behaviour === 'refuse' ? limits.users.max : null
    const message = this.#ports.guardMessage()
    const before = await guardUsage(application)
    if (before?.allowed !== allowed || this.#message !== message) await setAllowed(application, allowed, message)
    this.#message = message
    if (before === null) await installGuard(application, users, this.#place)
    for (const { code, detail } of await repairGuard(application, users, this.#place)) this.#tampered(code, detail)
    const usage = await guardUsage(application)
    this.#users = { used: usage?.used ?? null, max: limits.users?.max ?? null }
  }

  async #holdReadOnly({ readOnly }: Effects): Promise<void> {
    if (this.#removedForMigration) return
    const { application } = this.#ports
    const is = await readOnlyState(application, this.#roles)
    if (is.readOnly && readOnly)
      for (const { schema, table, privileges } of is.holes) {
        this.#tampered('WRITABLE', `${schema}.${table ?? '*'} ${privileges.join(', ')}`)
      }
    if (readOnly && (!is.readOnly || is.holes.length > 0)) await makeReadOnly(application, this.#roles)
    if (!readOnly && is.readOnly) await makeWritable(application, this.#roles)
    if (is.readOnly !== readOnly) this.#ports.record('read-only', { readOnly })
  }

  async #holdSeats({ limits: { sessions } }: Effects): Promise<void> {
    const { own } = this.#ports
    await prepareSeats(own)
    if (sessions) {
      const { max, reserved, services } = sessions
      await setPools(own, { people: { max, reserved }, services: { max: services } })
    }
  }

  /** What does not work now is said, and tried again in the next round. */
  async #attempt(what: string, work: () => Promise<void>): Promise<Advice[]> {
    try {
      await work()
      return []
    } catch (error) {
      const message = messageOf(error)
      if (this.#isNews(`fails ${what}`)) this.#ports.log('enforcement-failed', { what, message })
      return [
        {
          code: 'ENFORCEMENT_FAILS',
          message: `The licence's ${what} cannot be held now: ${message}.`,
          hint: 'People go on working. See whether PostgreSQL runs: domicile status',
        },
      ]
    }
  }

  #tampered(code: string, detail: string): void {
    if (!this.#isNews(`${code} ${detail}`)) return
    // What is named there may be a person's work; the record says what it is about, and the log the rest.
    this.#ports.record('tampered', { with: 'database', code })
    this.#ports.log('tampered', { code, detail })
    const found = {
      code,
      message: `Somebody changed what holds the licence in the database: ${detail}.`,
      hint: 'It was put right and written down. Find out who did it: the licence forbids it.',
    }
    this.#tamperings = [...this.#tamperings, found].slice(-MOST_TAMPERINGS)
  }

  #isNews(key: string): boolean {
    const now = process.uptime() * 1000
    if ((this.#recorded.get(key) ?? Number.NEGATIVE_INFINITY) > now) return false
    this.#recorded.set(key, now + REPEAT_MS)
    return true
  }
}
