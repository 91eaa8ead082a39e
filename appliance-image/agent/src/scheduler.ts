import { type Log, messageOf } from './log.ts'
import type { TimerStatus } from './protocol.ts'

export interface Job {
  readonly name: string
  readonly intervalSeconds: number
  /** Up to this much is added to each interval, so that many appliances do not knock at one door together. */
  readonly jitterSeconds: number
  run(): Promise<void>
}

interface Ports {
  readonly clock: () => Date
  /** From 0 up to 1. */
  readonly random: () => number
  readonly log: Log
}

/** A job is late, and the agent unhealthy, when it has not begun this long after it was due. */
const GRACE_SECONDS = 60

/** Unlike `performance`, which would do the same, this is in memory anyway. */
const monotonicSeconds = () => process.uptime()

/**
 * Runs each job at once and then again an interval after it ended; a job never overlaps itself. A failure is kept and
 * logged and does not end the series. Intervals are monotonic: a wrong wall clock delays nothing.
 */
export class Scheduler {
  readonly #timers: Timer[]

  constructor(jobs: readonly Job[], ports: Ports) {
    this.#timers = jobs.map((job) => new Timer(job, ports))
  }

  start = () => this.#timers.forEach((timer) => void timer.run())
  stop = () => this.#timers.forEach((timer) => void timer.stop())
  status = (): TimerStatus[] => this.#timers.map((timer) => timer.status())

  /** The names of the jobs that should have begun by now and have not. */
  late = (): string[] => this.#timers.filter((timer) => timer.late()).map((timer) => timer.name)
}

class Timer {
  readonly #job: Job
  readonly #ports: Ports
  #timeout: NodeJS.Timeout | undefined
  #running = false
  #stopped = false
  #lastRun: Date | null = null
  #lastResult: string | null = null
  #nextRun: Date | null = null
  #dueAt = monotonicSeconds()

  constructor(job: Job, ports: Ports) {
    this.#job = job
    this.#ports = ports
  }

  get name() {
    return this.#job.name
  }

  async run(): Promise<void> {
    if (this.#running || this.#stopped) return
    this.#running = true
    this.#lastRun = this.#ports.clock()
    this.#nextRun = null
    this.#lastResult = await this.#outcome()
    this.#running = false
    this.#plan()
  }

  async #outcome(): Promise<string> {
    try {
      await this.#job.run()
      return 'ok'
    } catch (error) {
      this.#ports.log('timer-failed', { timer: this.name, message: messageOf(error) })
      return messageOf(error)
    }
  }

  #plan(): void {
    if (this.#stopped) return
    const { intervalSeconds, jitterSeconds } = this.#job
    const delaySeconds = intervalSeconds + this.#ports.random() * jitterSeconds
    this.#nextRun = new Date(this.#ports.clock().getTime() + delaySeconds * 1000)
    this.#dueAt = monotonicSeconds() + delaySeconds
    this.#timeout = setTimeout(() => void this.run(), delaySeconds * 1000)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timeout)
  }

  late = () => this.#stopped || (!this.#running && monotonicSeconds() > this.#dueAt + GRACE_SECONDS)

  status = (): TimerStatus => ({
    name: this.name,
    lastRun: this.#lastRun?.toISOString() ?? null,
    lastResult: this.#lastResult,
    nextRun: this.#nextRun?.toISOString() ?? null,
  })
}
