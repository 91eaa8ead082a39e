import type { AcmeRequest, InternalRequest, Issuer } from './issuer.ts'
import type { Pair } from './pair.ts'

/** The libraries are loaded by the task that needs them, see `forked-issuer.ts`. */
export const issuing: Issuer = {
  internal: async (request: InternalRequest) => (await import('./issue-internal.ts')).issueInternal(request),
  acme: async (request: AcmeRequest): Promise<Pair> => (await import('./order-acme.ts')).orderAcme(request),
}
