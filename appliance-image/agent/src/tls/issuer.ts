import type { Pair } from './pair.ts'

export interface InternalRequest {
  readonly appliance: string
  readonly hostnames: readonly string[]
  /** The CA to sign with; null makes a new one. */
  readonly root: Pair | null
  /** ISO 8601: the moment to date the certificates at. */
  readonly now: string
}

export interface AcmeRequest {
  readonly directory: string
  readonly email: string | null
  /** PEM; its owner must answer challenges for it while the order runs. */
  readonly accountKey: string
  /** DNS names; the challenge is http-01. */
  readonly hostnames: readonly string[]
}

/** Makes certificates. A port, because the libraries behind it are too large to stay in the agent's memory. */
export interface Issuer {
  internal(request: InternalRequest): Promise<{ readonly root: Pair; readonly leaf: Pair }>
  acme(request: AcmeRequest): Promise<Pair>
}
