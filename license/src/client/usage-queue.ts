import { LicenceClientError } from './call-agent.ts'
import { MOST_PER_EVENT, type UsageEvent } from './wire.ts'

/** Sends one event. @throws LicenceClientError when it may not have been counted */
export type SendUsage = (event: UsageEvent) => Promise<void>

const SOON_MS = 1_000
const AGAIN_MS = 15_000
const MOST_METERS = 100

/**
 * Usage that waits to be sent. Events of a meter are added up and sent together about a second later; what did not arrive
 * is sent again with the same id, so that it is counted once.
 */
export class UsageQueue {
  readonly #send: SendUsage
  readonly #problem: (problem: LicenceClientError) => void
  readonly #waiting = new Map<string, number>()
  /** Of each meter what was sent and may have arrived. */
  readonly #sent = new Map<string, UsageEvent>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<boolean> | null = null

  constructor(send: SendUsage, problem: (problem: LicenceClientError) => void) {
    this.#send = send
    this.#problem = problem
  }

  /** @throws TypeError when the count is no whole number, or below 0 */
  add(meter: string, count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) throw new TypeError('A count of usage is a whole number from 0 on.')
    if (count === 0) return
    if (!this.#waiting.has(meter) && this.#waiting.size >= MOST_METERS) {
      this.#problem(
        new LicenceClientError(`More than ${MOST_METERS} meters are waiting to be sent; this one is not kept.`, {
          code: 'TOO_MANY_METERS',
          hint: 'Report meters that the stack declares, and no names that are made at run time.',
        }),
      )
      return
    }
    this.#waiting.set(meter, Math.min((this.#waiting.get(meter) ?? 0) + count, Number.MAX_SAFE_INTEGER))
    this.#later(SOON_MS)
  }

  /** Sends what waits. Never throws. @returns whether nothing is left */
  flush(): Promise<boolean> {
    this.#flushing ??= this.#sendAll().finally(() => {
      this.#flushing = null
    })
    return this.#flushing
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #sendAll(): Promise<boolean> {
    this.stop()
    for (const meter of new Set([...this.#sent.keys(), ...this.#waiting.keys()])) {
      if (await this.#sendMeter(meter)) continue
      this.#later(AGAIN_MS)
      return false
    }
    if (this.#waiting.size > 0) this.#later(SOON_MS)
    return this.#waiting.size === 0
  }

  /** @returns whether it may go on: what the agent refuses for good is given up */
  async #sendMeter(meter: string): Promise<boolean> {
    const event = this.#sent.get(meter) ?? this.#next(meter)
    if (!event) return true
    this.#sent.set(meter, event)
    try {
      await this.#send(event)
    } catch (error) {
      const problem = error as LicenceClientError
      this.#problem(problem)
      const refused = problem.status !== null && problem.status >= 400 && problem.status < 500 && problem.status !== 401
      if (!refused) return false
    }
    this.#sent.delete(meter)
    return true
  }

  #next(meter: string): UsageEvent | undefined {
    const waiting = this.#waiting.get(meter)
    if (waiting === undefined) return undefined
    const count = Math.min(waiting, MOST_PER_EVENT)
    if (waiting > count) this.#waiting.set(meter, waiting - count)
    else this.#waiting.delete(meter)
    return { meter, count, id: crypto.randomUUID() }
  }

  #later(ms: number): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, ms)
    // A program that has nothing else to do may end.
    this.#timer.unref()
  }
}
