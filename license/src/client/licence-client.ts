import { AgentCaller, LicenceClientError, strange } from './call-agent.ts'
import { SeatHold } from './seat-hold.ts'
import { UsageQueue } from './usage-queue.ts'
import { type Entitlements, LONGEST_HOLDER, type SeatAnswer, type SeatPool } from './wire.ts'

export interface LicenceClientOptions {
  /** Of the agent; unless it is said, that of the appliance: `DOMICILE_LICENSE_URL`, or `http://agent:8081`. */
  readonly url?: string
  /** Of the appliance. Without it, it is read from `tokenFile`. */
  readonly token?: string
  /**
   * Unless it is said, that of the appliance: `DOMICILE_LICENSE_TOKEN_FILE`, or `/run/secrets/license_token`. It is read
   * again after the agent refused what was in it.
   */
  readonly tokenFile?: string
  /** For each call, from its beginning to the end of the answer; 1500 unless it is said. */
  readonly timeoutMs?: number
  /** Told when something does not work, once until it works again. Without it a line goes to the standard error. */
  readonly onProblem?: (problem: LicenceClientError) => void
}

export interface SeatOptions {
  /** `people` unless it is said. */
  readonly pool?: SeatPool
}

/**
 * What an application asks the agent of its appliance. No method fails because the agent is away, slow or confused: work
 * goes on, and `onProblem` is told. Only a wrong argument throws a TypeError.
 */
export interface LicenceClient extends AsyncDisposable {
  /**
   * Takes a seat for a session, or keeps the one it has: to be called whenever the session does something.
   *
   * @param holder the application's own name for the session, 1 to 128 characters; the agent keeps a hash of it only
   * @returns `granted`, and why; `unchecked` when the agent could not be asked
   * @throws TypeError for a holder that is none
   */
  acquire(holder: string, options?: SeatOptions): Promise<SeatAnswer>
  /** Gives the seat of a session back. When the agent cannot be asked it is free after it was idle. */
  release(holder: string): Promise<void>
  /**
   * Takes a seat and keeps it without further calls until `release()`: for work that lasts, as a job or an open connection.
   * `await using seat = await client.hold(…)` releases it by itself. It may not have been given: see `granted`.
   */
  hold(holder: string, options?: SeatOptions): Promise<SeatHold>
  /**
   * What the licence gives. An answer counts for a minute; without the agent the last one stays.
   * @returns null when the agent has never answered
   */
  entitlements(): Promise<Entitlements | null>
  /**
   * Whether a module may be used today: it is licensed, the licence does not speak of modules, there is no licence, or
   * nobody knows. In doubt about the time zone, its first and last day are longer.
   */
  mayUse(module: string): Promise<boolean>
  /**
   * Counts something that the application did, on a meter that the stack declares as reported. It is sent about a second
   * later together with others, and again until the agent has it. What was not sent is lost with the program: see `flush`.
   * @throws TypeError when `count` (1 unless it is said) is no whole number, or below 0
   */
  reportUsage(meter: string, count?: number): void
  /** Sends what was reported now. @returns whether the agent has all of it */
  flush(): Promise<boolean>
  /** Releases what is held and sends what was reported: before the program ends. */
  close(): Promise<void>
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** As the agent keeps seats when nothing else was agreed. */
const IDLE_SECONDS = 1200

/** @throws TypeError when `url` is not one of http or https, or has a password in it */
export function licenceClient(options: LicenceClientOptions = {}): LicenceClient {
  const { DOMICILE_LICENSE_URL, DOMICILE_LICENSE_TOKEN_FILE } = process.env
  const url = options.url ?? DOMICILE_LICENSE_URL ?? 'http://agent:8081'
  const file = options.tokenFile ?? DOMICILE_LICENSE_TOKEN_FILE ?? '/run/secrets/license_token'
  const secret = options.token === undefined ? { file } : { token: options.token }
  const agent = new AgentCaller({ url: parseUrl(url), secret, timeoutMs: options.timeoutMs ?? 1500 })
  return new Client(agent, options.onProblem ?? printed)
}

const printed = ({ code, message, hint }: LicenceClientError) =>
  console.error(`licence: ${message} ${hint} (${code})`.trim())

/** Ends with a slash, so that paths are below it. */
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new TypeError('The address of the agent must be one of http or https, without a user or password.')
  url.pathname = url.pathname.replace(/\/?$/, '/')
  return url
}

class Client implements LicenceClient {
  readonly #agent: AgentCaller
  readonly #onProblem: (problem: LicenceClientError) => void
  readonly #usage: UsageQueue
  readonly #holds = new Set<SeatHold>()
  #known: { readonly entitlements: Entitlements; readonly at: number } | null = null
  #asking: Promise<void> | null = null
  #told: string | null = null

  constructor(agent: AgentCaller, onProblem: (problem: LicenceClientError) => void) {
    this.#agent = agent
    this.#onProblem = onProblem
    this.#usage = new UsageQueue(
      async (event) => void (await this.#agent.call('POST', 'usage', event)),
      (problem) => this.#problem(problem),
    )
  }

  async acquire(holder: string, { pool = 'people' }: SeatOptions = {}): Promise<SeatAnswer> {
    const path = seatPath(holder)
    const answer = await this.#attempt(async () => seatIn(await this.#agent.call('PUT', path, { pool })))
    return answer ?? UNCHECKED
  }

  async release(holder: string): Promise<void> {
    const path = seatPath(holder)
    await this.#attempt(() => this.#agent.call('DELETE', path))
  }

  async hold(holder: string, options: SeatOptions = {}): Promise<SeatHold> {
    const hold = new SeatHold(await this.acquire(holder, options), {
      ask: () => this.acquire(holder, options),
      release: async () => {
        this.#holds.delete(hold)
        await this.release(holder)
      },
    })
    if (hold.granted) this.#holds.add(hold)
    return hold
  }

  async entitlements(): Promise<Entitlements | null> {
    if (!this.#known || performance.now() - this.#known.at >= MINUTE_MS) {
      this.#asking ??= this.#refresh().finally(() => {
        this.#asking = null
      })
      await this.#asking
    }
    return this.#known?.entitlements ?? null
  }

  async #refresh(): Promise<void> {
    const entitlements = await this.#attempt(async () => entitlementsIn(await this.#agent.call('GET', 'entitlements')))
    if (entitlements) this.#known = { entitlements, at: performance.now() }
  }

  async mayUse(module: string): Promise<boolean> {
    const modules = (await this.entitlements())?.modules
    if (!modules || Object.keys(modules).length === 0) return true
    if (!Object.hasOwn(modules, module)) return false
    const { from, until } = modules[module] ?? { from: null, until: null }
    // Somewhere on earth it is that day.
    return (from === null || from <= dayIn(14)) && (until === null || until >= dayIn(-12))
  }

  reportUsage(meter: string, count = 1): void {
    this.#usage.add(meter, count)
  }

  flush(): Promise<boolean> {
    return this.#usage.flush()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#holds].map((hold) => hold.release()))
    // One that was under way knew not of all.
    if (!(await this.#usage.flush())) await this.#usage.flush()
    this.#usage.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const result = await work()
      this.#told = null
      return result
    } catch (error) {
      if (!(error instanceof LicenceClientError)) throw error
      this.#problem(error)
      return null
    }
  }

  #problem(problem: LicenceClientError): void {
    if (problem.code === this.#told) return
    this.#told = problem.code
    try {
      this.#onProblem(problem)
    } catch {
      // Whoever listens must not stop the work.
    }
  }
}

const UNCHECKED: SeatAnswer = {
  granted: true,
  reason: 'unchecked',
  idleSeconds: IDLE_SECONDS,
  seats: { used: null, max: null },
  nextFreeSeconds: null,
}

function seatPath(holder: string): string {
  // A path cannot end in . or .., however it is written.
  if (typeof holder !== 'string' || holder === '' || holder.length > LONGEST_HOLDER || /^\.\.?$/.test(holder))
    throw new TypeError(`A holder has 1 to ${LONGEST_HOLDER} characters and is neither . nor ...`)
  if (!holder.isWellFormed()) throw new TypeError('A holder is well-formed Unicode.')
  return `seats/${encodeURIComponent(holder)}`
}

const dayIn = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString().slice(0, 10)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function seatIn({ body }: { body: unknown }): SeatAnswer {
  const known = isObject(body) && typeof body['granted'] === 'boolean' && isObject(body['seats'])
  if (!known || !(Number(body['idleSeconds']) > 0)) throw strange('something that is no answer about a seat')
  return body as unknown as SeatAnswer
}

function entitlementsIn({ body }: { body: unknown }): Entitlements {
  const known =
    isObject(body) &&
    typeof body['readOnly'] === 'boolean' &&
    typeof body['blocked'] === 'boolean' &&
    isObject(body['limits']) &&
    (body['modules'] === null || isObject(body['modules'])) &&
    Array.isArray(body['notices'])
  if (!known) throw strange('something that are no entitlements')
  return body as unknown as Entitlements
}
