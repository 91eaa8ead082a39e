const REMEMBERED_MS = 24 * 3_600_000
/** About two MiB when it is full; then the oldest are forgotten before their day is over. */
const MOST_REMEMBERED = 10_000

/**
 * What the application reported since the last sample. It is kept in memory alone: with the agent, at most a minute of it
 * is lost.
 */
export class ReportedUsage {
  readonly #monotonic: () => number
  #counts = new Map<string, number>()
  /** Events by meter and id, and until when they are known. */
  readonly #known = new Map<string, number>()

  /** @param monotonic milliseconds that only go forward */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  add(meter: string, count: number): void {
    this.#counts.set(meter, Math.min((this.#counts.get(meter) ?? 0) + count, Number.MAX_SAFE_INTEGER))
  }

  /** @returns whether it was counted: an event of this meter with this id was not known */
  addOnce(meter: string, count: number, id: string): boolean {
    const event = `${meter} ${id}`
    const now = this.#monotonic()
    this.#forget(now)
    if (this.#known.has(event)) return false
    this.#known.set(event, now + REMEMBERED_MS)
    this.add(meter, count)
    return true
  }

  /** What was reported since this was asked before, by meter; those without anything are not in it. */
  take(): Record<string, number> {
    const taken = Object.fromEntries(this.#counts)
    this.#counts = new Map()
    return taken
  }

  /** The map is in order of arrival, so what is over stands first. */
  #forget(now: number): void {
    for (const [event, until] of this.#known) {
      if (until > now && this.#known.size < MOST_REMEMBERED) return
      this.#known.delete(event)
    }
  }
}
