import type { X509Certificate } from 'node:crypto'
import { type Config, DEFAULT_ACME_DIRECTORY, type TlsSettings } from '../config.ts'
import { type Log, messageOf } from '../log.ts'
import type { TlsMode, TlsStatus, VerbRequest, VerbResponse } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import { AcmeOrders, type AcmeSettings } from './acme-orders.ts'
import { checkPair } from './check-pair.ts'
import { InternalCa } from './internal-ca.ts'
import type { Issuer } from './issuer.ts'
import { leafOf, namesOf, type Pair } from './pair.ts'
import { plausibleNow, renewsAt, servingSource } from './renewal.ts'
import type { TlsFolder } from './tls-folder.ts'
import type { TlsState } from './tls-state.ts'
import { tlsWarnings } from './warnings.ts'

export interface CertificatePorts {
  readonly state: TlsState
  readonly folder: TlsFolder
  readonly issuer: Issuer
  readonly clock: () => Date
  readonly log: Log
}

/** Keeps a valid certificate in front of the gateway, from whichever source the customer chose. */
export class Certificates {
  readonly #config: Config
  readonly #ports: CertificatePorts
  readonly #internal: InternalCa
  readonly #acme: AcmeOrders
  #settings: TlsSettings
  #provided: Pair | null = null
  #serving: TlsMode | null = null
  #failure: TlsStatus['lastError'] = null
  #queue: Promise<unknown> = Promise.resolve()

  constructor(config: Config, ports: CertificatePorts) {
    this.#config = config
    this.#ports = ports
    this.#internal = new InternalCa(config.appliance, config.hostnames, ports)
    this.#acme = new AcmeOrders(config.hostnames, ports)
    this.#settings = config.tls
  }

  async load(): Promise<void> {
    this.#settings = (await this.#ports.state.settings()) ?? this.#config.tls
    this.#provided = await this.#ports.state.pair('provided')
    await this.#internal.load()
    await this.#acme.load()
  }

  /** Issues what is due, chooses and publishes. Costs nothing when all is well. */
  check = (): Promise<void> => this.#inTurn(() => this.#refresh())

  /** Orders by ACME if that was chosen and is due. Not in turn: an order takes minutes, and a person may give up on it. */
  async orderIfDue(): Promise<void> {
    await this.#queue
    const settings = this.#settings
    if (settings.mode !== 'acme' || !this.#internal.root || !this.#acme.due(settings, this.#plausibleNow())) return
    await this.#order(settings)
  }

  /** What is wrong with the certificates, or null. */
  async problem(): Promise<string | null> {
    const pair = this.#serving && this.#pairs()[this.#serving]
    if (!pair) return 'no certificate yet'
    return (await this.#ports.folder.serves(pair)) ? null : 'the certificate is not in the shared folder'
  }

  /** See `keyAuthorization`; null while no ACME server has a reason to ask. */
  get thumbprint(): string | null {
    return this.#settings.mode === 'acme' ? this.#acme.thumbprint : null
  }

  root(): VerbResponse<'tls-root'> {
    const root = started(this.#internal.root)
    return { pem: root.certificate, fingerprint: leafOf(root).fingerprint256 }
  }

  /** Takes the customer's pair, or throws a Refusal and leaves everything as it was. */
  async set({ certificate, key }: VerbRequest<'tls-set'>): Promise<TlsStatus> {
    const { clock, state, log } = this.#ports
    const pair = checkPair(certificate, key, this.#config.hostnames, clock())
    await this.#inTurn(async () => {
      await state.keepPair('provided', pair)
      this.#provided = pair
      await this.#keepSettings({ mode: 'provided' })
      log('certificate-provided', { serial: leafOf(pair).serialNumber, notAfter: leafOf(pair).validToDate })
      await this.#refresh()
    })
    return this.status()
  }

  async use(request: VerbRequest<'tls-use'>): Promise<TlsStatus> {
    const settings = request.mode === 'acme' ? this.#acmeSettings(request) : request
    await this.#inTurn(async () => {
      await this.#keepSettings(settings)
      await this.#acme.reset()
      await this.#refresh()
    })
    // Public servers count orders: a good certificate of the same server is not ordered again.
    if (settings.mode === 'acme' && (this.#acme.running || this.#acme.due(settings, this.#plausibleNow()))) {
      await this.#order(settings)
    }
    return this.status()
  }

  async renew({ root: newRoot = false }: VerbRequest<'tls-renew'>): Promise<TlsStatus> {
    const settings = this.#settings
    if (settings.mode === 'provided' && !newRoot) throw notOursToRenew
    if (settings.mode === 'internal' || newRoot) {
      await this.#inTurn(async () => {
        const now = newRoot ? this.#ports.clock() : this.#plausibleNow()
        await this.#internal.issue({ newRoot, reason: 'asked' }, now)
        await this.#refresh()
      })
    }
    if (settings.mode === 'acme') await this.#order(settings)
    return this.status()
  }

  status(): TlsStatus {
    const now = this.#ports.clock()
    const { mode } = this.#settings
    const serving = this.#serving ?? 'internal'
    const certificates = this.#certificates()
    const served = started(certificates[serving])
    const root = leafOf(started(this.#internal.root))
    const facts = { mode, serving, served, root, chosen: certificates[mode], hostnames: this.#config.hostnames }
    return {
      mode,
      serving,
      names: namesOf(served),
      issuer: served.issuer.trim().replaceAll('\n', ', '),
      serial: served.serialNumber,
      fingerprint: served.fingerprint256,
      notBefore: served.validFromDate.toISOString(),
      notAfter: served.validToDate.toISOString(),
      renewsAt: serving === 'provided' ? null : renewsAt(served).toISOString(),
      lastError: this.#failure ?? (mode === 'acme' ? this.#acme.lastError : null),
      rootFingerprint: root.fingerprint256,
      rootNotAfter: root.validToDate.toISOString(),
      warnings: tlsWarnings(facts, now),
    }
  }

  async #refresh(): Promise<void> {
    try {
      await this.#internal.ensure(this.#plausibleNow())
      const source = servingSource(this.#settings.mode, this.#certificates(), this.#plausibleNow())
      await this.#publish(source, started(this.#pairs()[source]))
      this.#failure = null
    } catch (error) {
      this.#failure = { at: this.#ports.clock().toISOString(), message: messageOf(error) }
      throw error
    }
  }

  async #publish(source: TlsMode, pair: Pair): Promise<void> {
    const { folder, log } = this.#ports
    if (!(await folder.serves(pair))) {
      await folder.publish(pair)
      log('certificate-published', { source, serial: leafOf(pair).serialNumber })
    }
    this.#serving = source
  }

  async #order(settings: AcmeSettings): Promise<void> {
    await this.#acme.order(settings)
    await this.check()
  }

  #acmeSettings({ email, directory }: Extract<VerbRequest<'tls-use'>, { mode: 'acme' }>): AcmeSettings {
    if (this.#acme.hostnames.length === 0) throw noHostname(this.#config.hostnames)
    const known = [this.#settings, this.#config.tls].find((settings) => settings.mode === 'acme')
    const wantedEmail = email ?? known?.email
    return {
      mode: 'acme',
      directory: directory ?? known?.directory ?? DEFAULT_ACME_DIRECTORY,
      ...(wantedEmail === undefined ? {} : { email: wantedEmail }),
    }
  }

  async #keepSettings(settings: TlsSettings): Promise<void> {
    await this.#ports.state.keepSettings(settings)
    this.#settings = settings
    this.#ports.log('tls-mode', { mode: settings.mode })
  }

  #pairs = (): Record<TlsMode, Pair | null> => ({
    internal: this.#internal.leaf,
    provided: this.#provided,
    acme: this.#acme.pair,
  })

  #certificates(): Partial<Record<TlsMode, X509Certificate>> {
    const present = Object.entries(this.#pairs()).flatMap(([source, pair]) => (pair ? [[source, leafOf(pair)]] : []))
    return Object.fromEntries(present)
  }

  #plausibleNow(): Date {
    const now = this.#ports.clock()
    const { root } = this.#internal
    return root ? plausibleNow(leafOf(root), Object.values(this.#certificates()), now) : now
  }

  /** One change at a time; a failed one does not hold up the next. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(change)
    this.#queue = turn.catch(() => {})
    return turn
  }
}

function started<T>(value: T | null | undefined): T {
  if (value) return value
  throw new Refusal({
    code: 'AGENT_STARTING',
    message: 'The agent has not made its first certificate yet.',
    hint: 'Try again in a few seconds; if it stays so, see the log of the agent.',
  })
}

const notOursToRenew = new Refusal({
  code: 'TLS_NOT_OURS_TO_RENEW',
  message: 'The certificate is your own; only its issuer can renew it.',
  hint: 'Have it renewed there and give the new one (domicile tls set), or let the appliance make one (domicile tls use internal).',
})

const noHostname = (hostnames: readonly string[]) =>
  new Refusal({
    code: 'TLS_ACME_NEEDS_HOSTNAME',
    message: `ACME gives certificates for host names, and the appliance has only ${hostnames.join(', ')}.`,
    hint: 'Give the appliance a public host name first.',
  })
