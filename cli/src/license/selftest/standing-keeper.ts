import { setTimeout as sleep } from 'node:timers/promises'
import type { LicenceStatus } from '@domicile/appliance-image/agent-protocol'
import type { LicenceClaims } from '@domicile/license/document'
import type { State } from '@domicile/license/standing'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { AgentClient } from '../../agent-client/agent-client.ts'
import type { Finding } from './laws.ts'
import type { Route } from './route.ts'
import type { ScratchVendor } from './scratch-vendor.ts'

/** A harder standing counts when two computations in a row say so. */
const DEADLINE_MS = 90_000
const POLL_MS = 500

/** Takes a scratch copy from standing to standing with what a vendor signs, and with nothing else. */
export class StandingKeeper {
  readonly #agent: AgentClient
  readonly #vendor: ScratchVendor
  readonly #signal: AbortSignal
  readonly #say: (text: string) => void
  #last = ''

  constructor(agent: AgentClient, vendor: ScratchVendor, signal: AbortSignal, say: (text: string) => void) {
    this.#agent = agent
    this.#vendor = vendor
    this.#signal = signal
    this.#say = say
  }

  status = (): Promise<LicenceStatus> => this.#agent.call('licence-show', {})

  /** Active named users, as soon as the guard has counted them. @throws UserError STANDING_NOT_REACHED (1) */
  async countUsers(): Promise<number> {
    const until = Date.now() + DEADLINE_MS
    for (;;) {
      const { usage, standing, findings } = await this.status()
      if (usage.users.used !== null) return usage.users.used
      const [finding] = findings
      if (Date.now() > until) throw notReached('a count of its users', finding?.message ?? standing.state)
      await sleep(POLL_MS, undefined, { signal: this.#signal })
    }
  }

  /**
   * Follows a route to its end. Notices that are due are shown, as `license show` does, and the days until the next change
   * go by because the vendor says what day it is.
   * @throws UserError STANDING_NOT_REACHED (1) when the agent does not follow
   */
  async reach(licence: LicenceClaims, { changes, order, path }: Route): Promise<void> {
    const documents = [
      this.#vendor.licence({ ...licence, ...changes }),
      ...(order === null ? [] : [this.#vendor.order(order)]),
    ]
    await this.#import(documents.join(''))
    for (const [hop, state] of path.entries()) {
      if (hop > 0) await this.#passTime()
      await this.#until(state)
    }
  }

  /** The next licence, in whatever standing: everything must be open again at once. */
  async lift(licence: LicenceClaims): Promise<Finding> {
    try {
      const { state, effects } = (await this.#import(this.#vendor.licence(licence))).standing
      const open = state === 'good' && !effects.readOnly && effects.blocked === null
      return { check: 'import', outcome: open ? 'done' : 'failed', detail: `${state} after the import` }
    } catch (error) {
      return { check: 'import', outcome: 'failed', detail: (error as Error).message }
    }
  }

  /** Licence time is what the clock says again. */
  async backToNow(): Promise<void> {
    const { installation } = await this.status()
    await this.#import(this.#vendor.unlock(installation, new Date().toISOString()))
  }

  async #passTime(): Promise<void> {
    const { installation, standing } = await this.status()
    await this.#agent.call('licence-shown', { keys: standing.effects.notices.map(({ key }) => key) })
    const { next, state } = (await this.#again()).standing
    if (!next) throw notReached('what comes next', state)
    await this.#import(this.#vendor.unlock(installation, next.at))
  }

  async #import(text: string): Promise<LicenceStatus> {
    this.#last = text
    return (await this.#agent.call('licence-import', { text })).licence
  }

  /** The last file once more, as an administrator may do: it changes nothing, and the agent looks at everything anew. */
  #again = (): Promise<LicenceStatus> => this.#import(this.#last)

  async #until(wanted: State): Promise<void> {
    const until = Date.now() + DEADLINE_MS
    for (let said = ''; ; ) {
      const { state } = (await this.#again()).standing
      if (state === wanted) return
      if (Date.now() > until) throw notReached(wanted, state)
      const waiting = `  waiting until “${wanted}” counts; it is “${state}”`
      if (said !== '' && waiting !== said) this.#say(waiting)
      said = waiting
      await sleep(POLL_MS, undefined, { signal: this.#signal })
    }
  }
}

const notReached = (wanted: string, is: string) =>
  new UserError(`The scratch copy did not come to “${wanted}” within ${DEADLINE_MS / 1000} s; it is “${is}”.`, {
    code: 'STANDING_NOT_REACHED',
    hint: 'The terms lead there, so the agent should. Send this to the vendor.',
    exitCode: ExitCode.Failed,
  })
