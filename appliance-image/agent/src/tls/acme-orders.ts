import { generateKeyPairSync } from 'node:crypto'
import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { TlsSettings } from '../config.ts'
import { type Log, messageOf } from '../log.ts'
import { thumbprintOf } from './challenges.ts'
import type { Issuer } from './issuer.ts'
import { leafOf, type Pair } from './pair.ts'
import { needsRenewal, retryAt } from './renewal.ts'
import type { AcmeProgress, TlsState } from './tls-state.ts'

interface Ports {
  readonly state: TlsState
  readonly issuer: Issuer
  readonly clock: () => Date
  readonly log: Log
}

export type AcmeSettings = Extract<TlsSettings, { mode: 'acme' }>

/** Orders certificates from an ACME server, one order at a time, slower after each failure. */
export class AcmeOrders {
  readonly #hostnames: readonly string[]
  readonly #ports: Ports
  #pair: Pair | null = null
  #progress: AcmeProgress = { issuedBy: null, failures: 0, lastError: null }
  #accountKey: string | null = null
  #running: { readonly settings: AcmeSettings; readonly done: Promise<void> } | null = null

  constructor(hostnames: readonly string[], ports: Ports) {
    // http-01 proves host names; public ACME servers give nothing for addresses by this way.
    this.#hostnames = hostnames.filter((name) => !isIP(name))
    this.#ports = ports
  }

  async load(): Promise<void> {
    const { state } = this.#ports
    this.#pair = await state.pair('acme')
    this.#progress = await state.acmeProgress()
    this.#accountKey = await state.accountKey()
  }

  get pair(): Pair | null {
    return this.#pair
  }

  get lastError() {
    return this.#progress.lastError
  }

  get hostnames(): readonly string[] {
    return this.#hostnames
  }

  get running(): boolean {
    return this.#running !== null
  }

  /** What answers challenges (see `keyAuthorization`); null before the first order. */
  get thumbprint(): string | null {
    return this.#accountKey && thumbprintOf(this.#accountKey)
  }

  /** Forgets failures: the next order may be placed at once. */
  async reset(): Promise<void> {
    await this.#keepProgress({ ...this.#progress, failures: 0, lastError: null })
  }

  /** Whether to order now. `now` is a plausible moment; see `plausibleNow`. */
  due({ directory }: AcmeSettings, now: Date): boolean {
    if (this.#running || this.#hostnames.length === 0) return false
    const { failures, lastError } = this.#progress
    if (lastError && now < retryAt(failures, new Date(lastError.at)) && now >= new Date(lastError.at)) return false
    if (!this.#pair || this.#progress.issuedBy !== directory) return true
    // One that is not valid yet came from a right clock to a wrong one; another would be the same.
    const reason = needsRenewal(leafOf(this.#pair), this.#hostnames, now)
    return reason !== null && reason !== 'not-yet-valid'
  }

  /** Orders once, or waits for the same order that runs already. A failure is kept in `lastError`, not thrown. */
  async order(settings: AcmeSettings): Promise<void> {
    while (this.#running) {
      const running = this.#running
      await running.done
      if (isDeepStrictEqual(running.settings, settings)) return
    }
    const done = this.#order(settings).finally(() => {
      this.#running = null
    })
    this.#running = { settings, done }
    await done
  }

  async #order({ directory, email }: AcmeSettings): Promise<void> {
    const { clock, issuer, log, state } = this.#ports
    log('acme-order', { directory, names: this.#hostnames })
    try {
      const accountKey = await this.#ensureAccountKey()
      const pair = await issuer.acme({ directory, email: email ?? null, accountKey, hostnames: this.#hostnames })
      checkObtained(pair, this.#hostnames, clock())
      await state.keepPair('acme', pair)
      this.#pair = pair
      await this.#keepProgress({ issuedBy: directory, failures: 0, lastError: null })
      log('acme-certificate-obtained', { serial: leafOf(pair).serialNumber, notAfter: leafOf(pair).validToDate })
    } catch (error) {
      const at = clock()
      const failures = this.#progress.failures + 1
      log('acme-failed', { message: messageOf(error), failures, retryAt: retryAt(failures, at) })
      await this.#keepProgress({
        ...this.#progress,
        failures,
        lastError: { at: at.toISOString(), message: messageOf(error) },
      })
    }
  }

  async #ensureAccountKey(): Promise<string> {
    if (this.#accountKey) return this.#accountKey
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    await this.#ports.state.keepAccountKey(privateKey)
    this.#accountKey = privateKey
    return privateKey
  }

  async #keepProgress(progress: AcmeProgress): Promise<void> {
    this.#progress = progress
    await this.#ports.state.keepAcmeProgress(progress)
  }
}

/** Without this a clock that is wrong here would make each obtained certificate due at once, and order again and again. */
function checkObtained(pair: Pair, hostnames: readonly string[], now: Date): void {
  const leaf = leafOf(pair)
  const reason = needsRenewal(leaf, hostnames, now)
  if (reason === null) return
  throw new Error(
    reason === 'names-changed'
      ? `The ACME server issued a certificate that is not for ${hostnames.join(', ')}.`
      : `The ACME server issued a certificate valid from ${leaf.validFrom} to ${leaf.validTo}, but the clock here says ${now.toISOString()}.`,
  )
}
