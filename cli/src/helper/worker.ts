import { randomUUID } from 'node:crypto'
import type { VerbRequest } from '@domicile/appliance-image/agent-protocol'
import type { HelperOperation, HelperTaken } from '@domicile/appliance-image/helper-protocol'

export type Note = VerbRequest<'backup-note'>
/** How the snapshots are. */
export type Summary = NonNullable<Note['summary']>

/** What an operation of the helper came to. */
export interface Result {
  /** The snapshot that it was about. */
  readonly run: string | null
  /** Why what was made does not count; null: it does. */
  readonly refused: string | null
}

export type Operations = Readonly<Record<HelperOperation, (signal: AbortSignal) => Promise<Result>>>

export interface WorkerPorts {
  readonly operations: Operations
  /** Who holds the lock of backups besides this process, in words; null: nobody. */
  readonly holder: () => string | null
  /** How the snapshots are after an operation; null: that cannot be read. */
  readonly summary: () => Promise<Summary | null>
  /** Says how an operation ended. */
  readonly tell: (note: Note) => Promise<void>
  /** What was thrown, as the outcome that it means. */
  readonly judge: (thrown: unknown) => Pick<Note, 'outcome' | 'code'>
  readonly clock: () => Date
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void
}

export interface Busy extends HelperTaken {
  readonly since: string
}

/** Somebody else is at work. */
export class BusyError extends Error {}

/** Carries out one operation at a time and tells the end of each. */
export class Worker {
  readonly #ports: WorkerPorts
  readonly #stop = new AbortController()
  #busy: Busy | null = null
  #working: Promise<void> = Promise.resolve()
  /** Told whenever there is nothing more to do. */
  onIdle: () => void = () => undefined

  constructor(ports: WorkerPorts) {
    this.#ports = ports
  }

  /** What is being worked on, or not yet told to the agent. */
  get busy(): Busy | null {
    return this.#busy
  }

  /**
   * Begins, and returns before it is done.
   * @throws BusyError while anything else is at work on the appliance's backups
   */
  take(operation: HelperOperation): HelperTaken {
    if (this.#busy) throw new BusyError(`“${this.#busy.operation}” is at work since ${this.#busy.since}`)
    const holder = this.#ports.holder()
    if (holder !== null) throw new BusyError(`${holder} is at work`)
    const taken = { id: randomUUID(), operation }
    const began = this.#ports.clock()
    this.#busy = { ...taken, since: began.toISOString() }
    this.#working = this.#work(taken, began).finally(() => {
      this.#busy = null
      this.onIdle()
    })
    return taken
  }

  /** Interrupts what is at work and waits until it has cleaned up behind itself. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the helper was asked to end'))
    await this.#working
  }

  async #work({ id, operation }: HelperTaken, began: Date): Promise<void> {
    const { operations, summary, tell, judge, clock, log } = this.#ports
    const [started, since] = [performance.now(), began.toISOString()]
    log('begin', { operation, id, since })
    const ending = await operations[operation](this.#stop.signal).then(
      ({ run, refused }) => ({
        run,
        outcome: refused === null ? ('done' as const) : ('refused' as const),
        code: refused,
      }),
      (thrown) => {
        const judged = judge(thrown)
        log('thrown', { operation, id, message: (thrown as Error)?.message ?? String(thrown) })
        return { run: null, ...judged }
      },
    )
    const seconds = Math.round((performance.now() - started) / 10) / 100
    const at = clock().toISOString()
    log('end', { operation, id, ...ending, at, seconds })
    const note = { operation, id, ...ending, at, seconds, summary: await summary().catch(() => null) }
    // What cannot be told the agent finds out: nobody is at work any more, and it has heard of no end.
    await tell(note).catch((error: Error) => log('not-told', { operation, id, message: error.message }))
  }
}
