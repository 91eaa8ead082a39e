import { request } from 'node:https'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { Handler } from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import type { Action, Blueprint } from '@domicile/stacks/plan'
import { agentOf } from './running.ts'

const DEADLINE_MS = 60_000

type Reachable = Extract<Action, { kind: 'reachable' }>

/**
 * The last step of every change: the application answers with 200 over HTTPS, as people will reach it. Where the licence
 * keeps it closed the gate's answer is as good: whether the application itself is well its health check has said.
 */
export const reachableHandler = (blueprint: Blueprint): Handler<Reachable> => ({
  look: async () => null,
  run: async ({ url, path }, { say, signal }) => {
    const began = Date.now()
    for (let answer = ''; ; ) {
      const { status, closed, error } = await probe(blueprint, path)
      if (status === 200 || closed) return
      answer = error ?? `HTTP ${status}`
      if (Date.now() - began > DEADLINE_MS) {
        throw new UserError(`${url}${path} does not answer with 200; last answer: ${answer}.`, {
          code: 'NOT_REACHABLE',
          hint: 'Look at `domicile logs gateway` and at the host’s firewall.',
        })
      }
      say(`${url}${path}: ${answer} (${Math.round((Date.now() - began) / 1000)} of ${DEADLINE_MS / 1000} s)`)
      await sleep(500, undefined, { signal })
    }
  },
})

export interface Probe {
  readonly status?: number
  /** The gate answered in place of the application. */
  readonly closed?: boolean
  readonly error?: string
  readonly milliseconds: number
}

/**
 * One HTTPS request through the published port of this host. The certificate must be the one that the agent says is
 * served, so that an answer of somebody else on that port does not count; who signed it is the browsers’ business.
 */
export async function probe({ containers, layout, url }: Blueprint, path: string): Promise<Probe> {
  const port = containers
    .find(({ service }) => service === 'gateway')
    ?.ports.find(({ container }) => container === 8443)
  const host = port?.address === '0.0.0.0' ? '127.0.0.1' : port?.address
  const began = Date.now()
  try {
    const { tls } = await agentOf(layout.lib).call('status', {})
    const answer = await get({ host, port: port?.host, path }, new URL(url).hostname, tls.fingerprint)
    return { ...answer, milliseconds: Date.now() - began }
  } catch (error) {
    return { error: (error as Error).message, milliseconds: Date.now() - began }
  }
}

function get(
  options: { host: string | undefined; port: number | undefined; path: string },
  name: string,
  fingerprint: string,
): Promise<{ status: number; closed: boolean }> {
  return new Promise((resolve, reject) => {
    const servername = isIP(name.replaceAll(/[[\]]/g, '')) ? '' : name
    const call = request(
      { ...options, servername, headers: { host: name }, timeout: 10_000, agent: false, rejectUnauthorized: false },
      (answer) => {
        const served = (answer.socket as TLSSocket).getPeerCertificate().fingerprint256
        answer.resume()
        const closed = answer.headers['x-domicile-gate'] !== undefined
        if (served === fingerprint) resolve({ status: answer.statusCode ?? 0, closed })
        else reject(new Error(`the certificate served there is not the appliance’s (${served})`))
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', reject)
    call.end()
  })
}
