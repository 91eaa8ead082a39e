import type { SeatAnswer } from './wire.ts'

export interface SeatHoldPorts {
  /** Never throws. */
  ask(): Promise<SeatAnswer>
  /** Never throws. */
  release(): Promise<void>
}

const LONGEST_BEAT_SECONDS = 60

/**
 * A seat that is asked for again by itself until it is released: three times before it would be free, once a minute at
 * least. It keeps no program from ending.
 */
export class SeatHold implements AsyncDisposable {
  readonly #ports: SeatHoldPorts
  #answer: SeatAnswer
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> = Promise.resolve()
  #released: Promise<void> | null = null

  /** @param answer the first one; a seat that was not given is not asked for again */
  constructor(answer: SeatAnswer, ports: SeatHoldPorts) {
    this.#answer = answer
    this.#ports = ports
    if (answer.granted) this.#beatLater()
  }

  /** What the agent said last. False after it was true: nobody could ask for so long that somebody else has the seat. */
  get granted(): boolean {
    return this.#answer.granted
  }

  get answer(): SeatAnswer {
    return this.#answer
  }

  /** Gives it back; a second time does nothing. Never throws. */
  release(): Promise<void> {
    clearTimeout(this.#timer)
    this.#released ??= this.#giveBack()
    return this.#released
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  async #giveBack(): Promise<void> {
    if (!this.#timer) return
    // The agent must not hear of it after it heard that it is given back.
    await this.#beating
    await this.#ports.release()
  }

  #beatLater(): void {
    const seconds = Math.min(LONGEST_BEAT_SECONDS, this.#answer.idleSeconds / 3)
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat()
    }, seconds * 1000)
    this.#timer.unref()
  }

  async #beat(): Promise<void> {
    this.#answer = await this.#ports.ask()
    if (!this.#released) this.#beatLater()
  }
}
