import * as acme from 'acme-client'
import type { AcmeRequest } from './issuer.ts'
import type { Pair } from './pair.ts'

const REQUEST_TIMEOUT_MS = 15_000

/**
 * Orders a certificate from an ACME server by http-01. The challenges are answered elsewhere, from the account key alone
 * (`challenges.ts`). Choosing ACME is taken as consent to the server's terms of service.
 */
export async function orderAcme({ directory, email, accountKey, hostnames }: AcmeRequest): Promise<Pair> {
  limitRequests()
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey,
    backoffAttempts: 20,
    backoffMin: 1000,
    backoffMax: 5000,
  })
  const key = (await acme.crypto.createPrivateEcdsaKey('P-256')).toString()
  const [, request] = await acme.crypto.createCsr({ altNames: [...hostnames] }, key)
  await openAccount(client, email)
  const certificate = await client.auto({
    csr: request,
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

/**
 * The library tries again for minutes by itself, and when it gives up on a server that can not be reached it throws a
 * TypeError instead of the reason. The agent's scheduler knows better when to come back.
 */
function limitRequests(): void {
  acme.axios.defaults.timeout = REQUEST_TIMEOUT_MS
  acme.axios.interceptors.request.clear()
  acme.axios.interceptors.response.clear()
}

/** Left to itself the library sends an existing account an update with nothing in it, which a server may refuse. */
async function openAccount(client: acme.Client, email: string | null): Promise<void> {
  const contact = email === null ? {} : { contact: [`mailto:${email}`] }
  try {
    await client.createAccount({ onlyReturnExisting: true })
  } catch {
    await client.createAccount({ termsOfServiceAgreed: true, ...contact })
    return
  }
  if (email !== null) await client.updateAccount(contact)
}
