import type { X509Certificate } from 'node:crypto'
import type { Log } from '../log.ts'
import type { Issuer } from './issuer.ts'
import { leafOf, type Pair } from './pair.ts'
import { hasOtherNames, needsRenewal } from './renewal.ts'
import type { TlsState } from './tls-state.ts'

interface Ports {
  readonly state: TlsState
  readonly issuer: Issuer
  readonly log: Log
}

interface Issued {
  readonly root: Pair
  readonly leaf: Pair
}

/** The appliance's own CA with the one certificate it has issued: what is served when there is nothing better. */
export class InternalCa {
  readonly #appliance: string
  readonly #hostnames: readonly string[]
  readonly #ports: Ports
  #root: Pair | null = null
  #leaf: Pair | null = null

  constructor(appliance: string, hostnames: readonly string[], ports: Ports) {
    this.#appliance = appliance
    this.#hostnames = hostnames
    this.#ports = ports
  }

  async load(): Promise<void> {
    this.#root = await this.#ports.state.pair('root')
    this.#leaf = await this.#ports.state.pair('internal')
  }

  get root(): Pair | null {
    return this.#root
  }

  get leaf(): Pair | null {
    return this.#leaf
  }

  /** Issues what is missing or due; `now` is the moment to date it at. */
  async ensure(now: Date): Promise<void> {
    const root = this.#root && leafOf(this.#root)
    const rootReason = root ? (needsRenewal(root, [], now) === 'expiring' ? 'expiring' : null) : 'missing'
    const reason = rootReason ?? this.#leafReason(root, now)
    if (reason) await this.issue({ newRoot: rootReason !== null, reason }, now)
  }

  /** Issues a new certificate; with `newRoot` from a new CA that browsers do not know yet. */
  async issue({ newRoot, reason }: { newRoot: boolean; reason: string }, now: Date): Promise<void> {
    const issued: Issued = await this.#ports.issuer.internal({
      appliance: this.#appliance,
      hostnames: this.#hostnames,
      root: newRoot ? null : this.#root,
      now: now.toISOString(),
    })
    // Root first: a leaf without its root would be the worse thing to find after a crash.
    if (newRoot) await this.#ports.state.keepPair('root', issued.root)
    await this.#ports.state.keepPair('internal', issued.leaf)
    this.#root = issued.root
    this.#leaf = issued.leaf
    const { serialNumber, validToDate } = leafOf(issued.leaf)
    this.#ports.log('internal-certificate-issued', { reason, newRoot, serial: serialNumber, notAfter: validToDate })
  }

  #leafReason(root: X509Certificate | null, now: Date): string | null {
    if (!this.#leaf || !root) return 'missing'
    const leaf = leafOf(this.#leaf)
    if (!leaf.verify(root.publicKey)) return 'other-root'
    if (hasOtherNames(leaf, this.#hostnames)) return 'names-changed'
    return needsRenewal(leaf, this.#hostnames, now)
  }
}
