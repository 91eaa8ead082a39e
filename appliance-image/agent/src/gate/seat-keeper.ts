import { codeOf } from '../error-code.ts'
import type { GateEvent, Pool, SeatStore, SessionLimits } from './ports.ts'
import type { Session } from './session.ts'
import type { SeatResult } from './verdict.ts'

/** What the application answers to an unknown session. */
export type Proof = 'known' | 'stranger' | 'inconclusive'

export interface SeatKeeperPorts {
  readonly store: SeatStore
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number
  readonly record: (event: GateEvent, data: Readonly<Record<string, unknown>>) => void
}

interface Held {
  readonly pool: Pool
  seenAt: number
  /** Seen since the table was told. */
  fresh: boolean
  /** Asks the application about it again; null for a seat that was taken before this agent began. */
  readonly prove: (() => Promise<Proof>) | null
}

export interface SeatCounts {
  /** With those who were let in beyond the limit. */
  readonly working: Readonly<Record<Pool, number>>
  /** Seconds until the first seat that is not a service's is free if nobody does anything more; null: there is none. */
  readonly nextFreeSeconds: number | null
}

/** The most who worked at the same moment, administrators among the people. */
export interface SeatPeak {
  readonly people: number
  readonly services: number
}

const MOST_SESSIONS = 20_000
const MOST_REMEMBERED = 5_000
const STRANGER_MS = 5_000
/** The gateway waits for a second at most; what takes longer is known when it asks again. */
const PATIENCE_MS = 700
/** A table that did not answer is left alone for a while, or everybody would wait for it. */
const TABLE_REST_MS = 3_000
/** A session that was not heard of for so long may have ended. */
const QUIET_MS = 10_000
const ASKED_AGAIN = 8
const RECORD_EVERY_MS = 10 * 60_000

/**
 * Who has a seat. A session that has one is known from memory alone; the table is asked for new ones and told in one
 * statement who was seen. Without the table everybody works on, which is recorded once.
 */
export class SeatKeeper {
  readonly #ports: SeatKeeperPorts
  readonly #held = new Map<string, Held>()
  /** Let in without a seat, since their limit only warns or counts. */
  readonly #over = new Map<string, Pick<Held, 'pool' | 'seenAt'>>()
  #peak: SeatPeak = { people: 0, services: 0 }
  readonly #asking = new Map<string, Promise<SeatResult>>()
  readonly #strangers = new Map<string, number>()
  readonly #recorded = new Map<string, number>()
  #reachable = true
  #restUntil = Number.NEGATIVE_INFINITY
  /** Seconds that everybody's seat lasts longer because nobody could be seen; null: none. */
  #owed: number | null = null

  constructor(ports: SeatKeeperPorts) {
    this.#ports = ports
  }

  /**
   * Takes over the seats that are in the table, after the agent was down for so many seconds: they are as old as they
   * were when it went. While the table cannot be asked it stays owed, and nothing is freed before.
   */
  async load(downSeconds: number): Promise<void> {
    this.#owed = downSeconds
    await this.#catchUp()
  }

  /** @returns whether memory and table agree on who has a seat */
  async #catchUp(): Promise<boolean> {
    const downSeconds = this.#owed
    if (downSeconds === null) return this.#reachable || this.renew()
    const loaded = await this.#told(async (store) => {
      if (downSeconds > 0) await store.extendAll(downSeconds)
      this.#owed = null
      return store.liveSeats()
    })
    const now = this.#ports.monotonic()
    for (const { holder, pool, idleSeconds } of loaded ?? [])
      if (!this.#held.has(holder))
        this.#held.set(holder, { pool, seenAt: now - idleSeconds * 1000, fresh: false, prove: null })
    return loaded !== undefined
  }

  /** Never throws. `prove` is called only for a session without a seat. */
  async seatOf({ key, pool }: Session, limits: SessionLimits, prove: () => Promise<Proof>): Promise<SeatResult> {
    const now = this.#ports.monotonic()
    const held = this.#held.get(key)
    if (held && now - held.seenAt < limits.idleMinutes * 60_000) {
      held.seenAt = now
      held.fresh = true
      return 'held'
    }
    if ((this.#strangers.get(key) ?? Number.NEGATIVE_INFINITY) > now) return 'unproven'
    const asking = this.#asking.get(key) ?? this.#admit(key, pool, limits, prove)
    this.#asking.set(key, asking)
    return soon(asking.finally(() => this.#asking.delete(key)))
  }

  /** Gives a seat back at once. Never throws: while the table does not answer, it keeps the seat until it is idle. */
  async release(key: string): Promise<void> {
    await this.#asking.get(key)
    this.#held.delete(key)
    this.#over.delete(key)
    await this.#told((store) => store.release(key))
  }

  async #admit(key: string, pool: Pool, limits: SessionLimits, prove: () => Promise<Proof>): Promise<SeatResult> {
    const proof = await prove()
    if (proof === 'stranger') {
      remember(this.#strangers, key, this.#ports.monotonic() + STRANGER_MS)
      return 'unproven'
    }
    // A seat that is in use must not look expired when somebody else wants one.
    if (proof === 'inconclusive' || !(await this.#catchUp())) return this.#unchecked(key)
    const acquire = () => this.#told((store) => store.acquire(key, pool, limits))
    const taken = (await acquire()) ?? null
    if (taken === null) return this.#unchecked(key)
    if (taken || ((await this.#releaseStrangers()) && (await acquire()))) {
      this.#over.delete(key)
      if (this.#held.size < MOST_SESSIONS)
        this.#held.set(key, { pool, seenAt: this.#ports.monotonic(), fresh: false, prove })
      this.#notePeak()
      return 'held'
    }
    this.#held.delete(key)
    const { max, behaviour } = limits
    this.#record(behaviour === 'refuse' ? 'session-refused' : 'session-over-limit', key, { pool, max })
    if (behaviour === 'refuse') return 'refused'
    if (this.#over.has(key) || this.#over.size < MOST_REMEMBERED)
      this.#over.set(key, { pool, seenAt: this.#ports.monotonic() })
    this.#notePeak()
    return 'over'
  }

  /** Neither the application nor the table may have answered: nobody is refused for that. */
  #unchecked(key: string): SeatResult {
    this.#record('session-unchecked', key, {})
    return 'unknown'
  }

  /**
   * Logging out is something between a person and the application. Before anybody is refused, the application is asked
   * about those who were quiet longest.
   * @returns whether a seat became free
   */
  async #releaseStrangers(): Promise<boolean> {
    const now = this.#ports.monotonic()
    const quiet = [...this.#held]
      .filter(([, { prove, seenAt }]) => prove !== null && now - seenAt > QUIET_MS)
      .sort(([, a], [, b]) => a.seenAt - b.seenAt)
      .slice(0, ASKED_AGAIN)
    const answers = await Promise.all(quiet.map(async ([key, { prove }]) => ({ key, proof: await prove?.() })))
    const gone = answers.filter(({ proof }) => proof === 'stranger').map(({ key }) => key)
    for (const key of gone) this.#held.delete(key)
    const released = await this.#told(async (store) => {
      for (const key of gone) await store.release(key)
      return gone.length > 0
    })
    return released ?? false
  }

  /** Tells the table who was seen; `cull` does it before it frees anything. @returns whether it was told */
  async renew(): Promise<boolean> {
    const now = this.#ports.monotonic()
    const seen = [...this.#held].filter(([, held]) => held.fresh)
    if (seen.length === 0) return true
    for (const [, held] of seen) held.fresh = false
    const seats = seen.map(([holder, { seenAt }]) => ({ holder, idleSeconds: (now - seenAt) / 1000 }))
    const told = await this.#told(async (store) => {
      await store.renew(seats)
      return true
    })
    if (!told) for (const [, held] of seen) held.fresh = true
    return told ?? false
  }

  /** To be called every 15 seconds: frees what is idle. */
  async cull(idleMinutes: number): Promise<void> {
    const now = this.#ports.monotonic()
    for (const sessions of [this.#held, this.#over])
      for (const [key, { seenAt }] of sessions) if (now - seenAt >= idleMinutes * 60_000) sessions.delete(key)
    for (const [key, until] of this.#strangers) if (until <= now) this.#strangers.delete(key)
    for (const [key, until] of this.#recorded) if (until <= now) this.#recorded.delete(key)
    // First what was seen, so that no seat looks idle that is not.
    if ((await this.#catchUp()) && (await this.renew())) await this.#told((store) => store.cull(idleMinutes))
  }

  counts(idleMinutes: number): SeatCounts {
    const working = { people: 0, administrators: 0, services: 0 }
    let oldest = Number.POSITIVE_INFINITY
    for (const { pool, seenAt } of this.#held.values()) {
      working[pool] += 1
      if (pool !== 'services') oldest = Math.min(oldest, seenAt)
    }
    for (const { pool } of this.#over.values()) working[pool] += 1
    const left = oldest + idleMinutes * 60_000 - this.#ports.monotonic()
    return { working, nextFreeSeconds: Number.isFinite(left) ? Math.max(1, Math.ceil(left / 1000)) : null }
  }

  /** The most who worked at the same moment since this was asked before. */
  takePeak(): SeatPeak {
    this.#notePeak()
    const peak = this.#peak
    this.#peak = { people: 0, services: 0 }
    // Who works now did so after this moment too.
    this.#notePeak()
    return peak
  }

  #notePeak(): void {
    let [people, services] = [0, 0]
    for (const sessions of [this.#held, this.#over])
      for (const { pool } of sessions.values()) pool === 'services' ? services++ : people++
    this.#peak = { people: Math.max(people, this.#peak.people), services: Math.max(services, this.#peak.services) }
  }

  /** False while the table of seats cannot be asked. */
  get reachable(): boolean {
    return this.#reachable
  }

  /** Asks the table; undefined when it does not answer. */
  async #told<T>(work: (store: SeatStore) => Promise<T>): Promise<T | undefined> {
    if (this.#ports.monotonic() < this.#restUntil) return undefined
    try {
      const result = await work(this.#ports.store)
      if (!this.#reachable) this.#ports.record('seats-reachable', {})
      this.#reachable = true
      return result
    } catch (error) {
      if (this.#reachable) this.#ports.record('seats-unreachable', { code: codeOf(error) })
      this.#reachable = false
      this.#restUntil = this.#ports.monotonic() + TABLE_REST_MS
      return undefined
    }
  }

  /** Once in ten minutes for each session: a page asks for many things. */
  #record(event: GateEvent, key: string, data: Readonly<Record<string, unknown>>): void {
    const now = this.#ports.monotonic()
    const entry = `${event} ${key}`
    if ((this.#recorded.get(entry) ?? Number.NEGATIVE_INFINITY) > now) return
    remember(this.#recorded, entry, now + RECORD_EVERY_MS)
    this.#ports.record(event, data)
  }
}

/** The oldest entry gives way: what strangers send does not fill the memory. */
function remember(map: Map<string, number>, key: string, until: number): void {
  map.delete(key)
  if (map.size >= MOST_REMEMBERED) map.delete(map.keys().next().value ?? '')
  map.set(key, until)
}

function soon(result: Promise<SeatResult>): Promise<SeatResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<SeatResult>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, 'unknown')
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}
