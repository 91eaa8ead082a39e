import { join } from 'node:path'
import { STATES, type Standing } from '@domicile/license/standing'
import * as z from 'zod/mini'
import { readFileIfThere, writeFileAtomic } from '../atomic-file.ts'
import { type Log, messageOf } from '../log.ts'
import type { ChronicleState } from './chronicle.ts'

export interface Maintenance {
  readonly from: string
  readonly until: string
  readonly text: string | null
}

/** What must outlast a restart and is no event: where the clock is, what was last decided, where the record ended. */
export interface KeeperState extends ChronicleState {
  readonly standing: Standing | null
  /** Since when no standing could be computed, wall time; null while it can. */
  readonly undecidedSince: string | null
  readonly maintenance: Maintenance | null
}

const instant = z.iso.datetime()

/** As far as a wrong shape could do harm: somebody may have edited the file. */
const schema = z.object({
  clock: z.nullable(
    z.object({
      now: z.number(),
      expected: z.number(),
      wall: z.number(),
      jump: z.nullable(z.object({ leastMs: z.number(), ranSeconds: z.number() })),
      behind: z.boolean(),
    }),
  ),
  standing: z.nullable(
    z.looseObject({
      state: z.enum(STATES),
      reasons: z.array(z.looseObject({ text: z.string() })),
      effects: z.looseObject({ readOnly: z.boolean(), notices: z.array(z.unknown()), limits: z.looseObject({}) }),
    }),
  ),
  undecidedSince: z.nullable(instant),
  head: z.nullable(z.object({ n: z.int(), hash: z.string() })),
  aliveAt: z.nullable(instant),
  maintenance: z.nullable(z.object({ from: instant, until: instant, text: z.nullable(z.string()) })),
})

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
      const kept = { ...EMPTY, ...JSON.parse((await readFileIfThere(this.#path)) ?? '{}') }
      return schema.parse(kept) as KeeperState
    } catch (error) {
      this.#log('licence-state-unreadable', { message: messageOf(error) })
      return EMPTY
    }
  }

  write = (state: KeeperState) => writeFileAtomic(this.#path, `${JSON.stringify(state)}\n`, 0o600)
}
