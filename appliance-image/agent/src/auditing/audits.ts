import { join } from 'node:path'
import type { Finding } from '@domicile/license/ledger'
import type { Usage } from '@domicile/license/standing'
import type { Found } from '../licensing/chronicle.ts'
import type { LicenceKeeper } from '../licensing/licence-keeper.ts'
import { numbersOf } from '../licensing/request-claims.ts'
import { messageOf } from '../log.ts'
import type { Advice, VerbRequest, VerbResponse } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import type { Auditor } from './auditor.ts'
import { samplesOfHour } from './samples-of-hour.ts'

export interface AuditsOptions {
  /** Of the licence, private to the agent. */
  readonly folder: string
  /** Where reports are written, for who asks through the socket. */
  readonly into: string
  readonly product: { readonly name: string; readonly version: string }
}

const MOST_FINDINGS = 1000
/** So many are written down of one audit; who changes more is known by then. */
const MOST_WRITTEN = 100

/** Reports of what was used, and what the ledger shows when it is verified for one. */
export class Audits {
  readonly #options: AuditsOptions
  readonly #keeper: LicenceKeeper
  readonly #auditor: Auditor
  #turn: Promise<unknown> = Promise.resolve()
  #findings: readonly Advice[] = []

  constructor(options: AuditsOptions, ports: { readonly keeper: LicenceKeeper; readonly auditor: Auditor }) {
    this.#options = options
    this.#keeper = ports.keeper
    this.#auditor = ports.auditor
  }

  /** What the last audit found, for a person. */
  get findings(): readonly Advice[] {
    return this.#findings
  }

  /**
   * Makes a report, one after the other: each takes a processor and some memory for a while.
   * @throws Refusal when there is nothing to report
   */
  audit(request: VerbRequest<'licence-audit'>, usage: Usage): Promise<VerbResponse<'licence-audit'>> {
    const result = this.#turn.then(() => this.#audit(request, usage))
    this.#turn = result.catch(() => undefined)
    return result
  }

  samples({ day, hour }: VerbRequest<'licence-samples'>): VerbResponse<'licence-samples'> {
    return { lines: samplesOfHour(join(this.#options.folder, 'ledger'), day, hour) }
  }

  async #audit({ from, to, purpose, exchange }: VerbRequest<'licence-audit'>, usage: Usage) {
    const { folder, into, product } = this.#options
    const { installation, licence } = this.#keeper
    if (exchange) await this.#keeper.exchange({ with: 'usage' })
    const { record } = this.#keeper.status()
    const asked = this.#auditor.audit({
      ...{ folder, into, privateKey: installation.privateKey, usage: numbersOf(usage) },
      reporter: {
        installation: { id: installation.id, publicKey: installation.publicKey },
        ...{ product: product.name, version: product.version },
        purpose: purpose ?? licence?.purpose ?? 'production',
      },
      ...{ contract: licence?.contract ?? null, seq: licence?.seq ?? null },
      head: { n: record.length, hash: record.head ?? '' },
      ...{ period: { from, to }, now: this.#keeper.now().toISOString() },
    })
    const audited = await asked.catch((error) => {
      throw failed(messageOf(error))
    })
    if ('refused' in audited) throw new Refusal(audited.refused)
    if (audited.findings.some(({ code }) => code === 'RECORD_BROKEN')) this.#keeper.record.mend()
    this.#keeper.record.stands(audited.findings.slice(0, MOST_WRITTEN).map(foundIn))
    this.#findings = adviceOf(audited.findings)
    return { ...audited, findings: audited.findings.slice(0, MOST_FINDINGS) }
  }
}

const foundIn = ({ code, day }: Finding): Found => ({
  data: { with: code.startsWith('RECORD_') ? 'record' : 'ledger', code, ...(day && { day }) },
  advice: null,
})

function adviceOf([first, ...others]: readonly Finding[]): Advice[] {
  if (!first) return []
  const more = others.length === 0 ? '' : ` And ${others.length} more.`
  return [
    {
      code: 'LEDGER_TAMPERED',
      message: `What the appliance counted was changed from outside. ${first.message}${more}`,
      hint: 'Everything goes on as before, and each report shows it. Everything that is wrong: domicile license audit',
    },
  ]
}

/** A long period takes more memory than the container may have, and the program was ended; or there is no room for it. */
const failed = (why: string) =>
  new Refusal({
    code: 'AUDIT_FAILED',
    message: `The report could not be made: ${why}`,
    hint: why.includes('ENOSPC')
      ? 'Free some space on the disk that holds the appliance (df -h), and run the command again.'
      : 'Make it of a shorter time: domicile license audit --from YYYY-MM-DD --to YYYY-MM-DD. The log may say more: domicile logs agent',
  })
