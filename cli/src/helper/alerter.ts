/**
 * Tells on one thing after the other: however often it is asked, one is under way and at most one waits, which then tells how
 * it is by then. Whoever asks is the agent, and a broken one must not flood the admin.
 */
export class Alerter {
  readonly #tell: () => Promise<void>
  #underWay: Promise<void> | null = null
  #again = false
  /** Told whenever there is nothing more to tell. */
  onIdle: () => void = () => undefined

  /** @param tell never rejects */
  constructor(tell: () => Promise<void>) {
    this.#tell = tell
  }

  get busy(): boolean {
    return this.#underWay !== null
  }

  ask = (): void => {
    if (this.#underWay) this.#again = true
    else this.#underWay = this.#work()
  }

  async #work(): Promise<void> {
    do {
      this.#again = false
      await this.#tell()
    } while (this.#again)
    this.#underWay = null
    this.onIdle()
  }
}
