import { METERS, MODULE_FIRST_USED } from '@domicile/license/ledger'
import type { LicenceKeeper } from '../licensing/licence-keeper.ts'
import type { Log } from '../log.ts'
import type { Advice } from '../protocol.ts'
import type { SamplerRecord } from './sampler.ts'
import type { Contradiction } from './witness.ts'

/** As many as `status` shows until the agent starts anew; the record has all. */
const MOST = 10

/** What the ledger has to say: codes and numbers into the record, words to people. */
export class LedgerFindings {
  readonly #keeper: LicenceKeeper
  readonly #log: Log
  #findings: readonly Advice[] = []
  readonly record: SamplerRecord

  constructor(keeper: LicenceKeeper, log: Log) {
    this.#keeper = keeper
    this.#log = log
    this.record = {
      now: () => keeper.now(),
      note: (kind, data) => keeper.note(kind, data),
      seal: (day) => keeper.seal(day),
      sealedDays: () => keeper.record.sealedDays(),
      newest: (...kinds) => keeper.record.newest(...kinds),
      describedMeters: () => keeper.record.linesOf(METERS).at(-1)?.data['meters'],
      usedModules: () => new Set(keeper.record.linesOf(MODULE_FIRST_USED).map(({ data }) => String(data['module']))),
      tampered: (code, day, problem) => this.#tampered(code, day, `the samples of ${day}: ${problem}`),
    }
  }

  get findings(): readonly Advice[] {
    return this.#findings
  }

  /** What the database remembers, and the files do not say. */
  contradiction = (found: Contradiction): void => {
    if (found.kind === 'put-back') {
      const { code, day } = found
      this.#tampered(code, day, `${PUT_BACK[code]} put back to an earlier state, before ${day} was over`)
      return
    }
    const { from, to } = found
    this.#keeper.note('database-put-back', { from, to })
    if (this.#wasRestored(from)) return
    const until = to === null ? 'and remembers nothing of this installation' : `as it was at ${to}`
    this.#show({
      code: 'DATABASE_PUT_BACK',
      message: `The database was put back: it was seen at ${from}, ${until}.`,
      hint: 'Nothing is to be done when you restored it: the restoring is written down, and an audit shows it.',
    })
  }

  /** Somebody put data back with our own command since then: nobody needs to be told of what follows from it. */
  #wasRestored(from: string): boolean {
    const restored = this.#keeper.record.newest('restored')
    return restored !== null && String(restored.data['at']) >= from
  }

  #tampered(code: string, day: string, problem: string): void {
    this.#keeper.note('tampered', { with: 'ledger', code, day })
    this.#show({
      code: 'LEDGER_TAMPERED',
      message: `What is counted was changed from outside: ${problem}.`,
      hint: 'What still holds counts, and an audit shows what is missing. Tell the vendor if you restored an old copy of the volume.',
    })
  }

  #show(advice: Advice): void {
    this.#log('ledger-finding', { code: advice.code, message: advice.message })
    if (this.#findings.some(({ message }) => message === advice.message)) return
    this.#findings = [...this.#findings, advice].slice(-MOST)
  }
}

const PUT_BACK = { RECORD_PUT_BACK: 'the record was', SAMPLES_PUT_BACK: 'the samples were' } as const
