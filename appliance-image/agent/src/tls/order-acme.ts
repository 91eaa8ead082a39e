import * as acme from 'acme-client'
import type { AcmeRequest } from './issuer.ts'
import type { Pair } from './pair.ts'

const REQUEST_TIMEOUT_MS = 15_000

/**
 * Orders a certificate from an ACME server by http-01. The challenges are answered elsewhere, from the account key alone
 * (`challenges.ts`). Choosing ACME is taken as consent to the server's terms of service.
 */
export async function orderAcme({ directory, email, accountKey, hostnames }: AcmeRequest): Promise<Pair> {
  // The library waits minutes for a dead server by default; the scheduler of the agent knows better when to come back.
  acme.axios.defaults.timeout = REQUEST_TIMEOUT_MS
  Object.assign(acme.axios.defaults, { acmeSettings: { retryMaxAttempts: 1, retryDefaultDelay: 2 } })
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey,
    backoffAttempts: 20,
    backoffMin: 1000,
    backoffMax: 5000,
  })
  const key = (await acme.crypto.createPrivateEcdsaKey('P-256')).toString()
  const [, request] = await acme.crypto.createCsr({ altNames: [...hostnames] }, key)
  const certificate = await client.auto({
    csr: request,
    ...(email === null ? {} : { email }),
    termsOfServiceAgreed: true,
    challengePriority: ['http-01'],
    // Many networks do not let a server reach itself under its public name, so only the ACME server's word counts.
    skipChallengeVerification: true,
    challengeCreateFn: async (authorization, challenge) => {
      if (challenge.type === 'http-01') return
      throw new Error(`The ACME server offers no http-01 challenge for ${authorization.identifier.value}.`)
    },
    challengeRemoveFn: async () => {},
  })
  return { certificate, key }
}
