import { join } from 'node:path'
import type { ClockState } from '@domicile/license/clock'
import type { Standing } from '@domicile/license/standing'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'
import { type Log, messageOf } from '../log.ts'

export interface Maintenance {
  readonly from: string
  readonly until: string
  readonly text: string | null
}

/** What must outlast a restart and is no event: where the clock is, what was last decided, where the record ended. */
export interface KeeperState {
  readonly clock: ClockState | null
  readonly standing: Standing | null
  /** Since when no standing could be computed, wall time; null while it can. */
  readonly undecidedSince: string | null
  readonly head: { readonly n: number; readonly hash: string } | null
  /** Wall time at which the agent was seen to run. */
  readonly aliveAt: string | null
  readonly maintenance: Maintenance | null
}

const EMPTY: KeeperState = {
  clock: null,
  standing: null,
  undecidedSince: null,
  head: null,
  aliveAt: null,
  maintenance: null,
}

export class KeeperStateFile {
  readonly #path: string
  readonly #log: Log

  constructor(folder: string, log: Log) {
    this.#path = join(folder, 'state.json')
    this.#log = log
  }

  /** What was kept; where it cannot be read it is as if nothing had been: nobody's work may hang on this file. */
  async read(): Promise<KeeperState> {
    try {
      return { ...EMPTY, ...JSON.parse((await readFileIfThere(this.#path)) ?? '{}') }
    } catch (error) {
      this.#log('licence-state-unreadable', { message: messageOf(error) })
      return EMPTY
    }
  }

  write = (state: KeeperState) => writeFileAtomic(this.#path, `${JSON.stringify(state)}\n`, 0o600)
}
