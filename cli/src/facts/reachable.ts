import { request } from 'node:https'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Handler } from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import type { Action, Blueprint } from '@domicile/stacks/plan'
import { agentOf } from './running.ts'

const DEADLINE_MS = 60_000

type Reachable = Extract<Action, { kind: 'reachable' }>

/** The last step of every change: the application answers with 200 over HTTPS, as people will reach it. */
export const reachableHandler = (blueprint: Blueprint): Handler<Reachable> => ({
  look: async () => null,
  run: async ({ url, path }, { say, signal }) => {
    const began = Date.now()
    for (let answer = ''; ; ) {
      const { status, error } = await probe(blueprint, path)
      if (status === 200) return
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
  readonly error?: string
  readonly milliseconds: number
}

/**
 * One HTTPS request through the published port of this host, with the certificate checked: against the internal root
 * where that one is served, else against the system’s roots.
 */
export async function probe({ containers, layout, url }: Blueprint, path: string): Promise<Probe> {
  const port = containers
    .find(({ service }) => service === 'gateway')
    ?.ports.find(({ container }) => container === 8443)
  const host = new URL(url).hostname.replaceAll(/[[\]]/g, '')
  const began = Date.now()
  try {
    const [status, root] = await Promise.all([
      agentOf(layout.lib).call('status', {}),
      agentOf(layout.lib).call('tls-root', {}),
    ])
    const ca = status.tls.serving === 'internal' ? { ca: root.pem } : {}
    const answer = await get(
      { host: port?.address === '0.0.0.0' ? '127.0.0.1' : port?.address, port: port?.host, path, ...ca },
      host,
    )
    return { status: answer, milliseconds: Date.now() - began }
  } catch (error) {
    return { error: (error as Error).message, milliseconds: Date.now() - began }
  }
}

function get(
  options: { host: string | undefined; port: number | undefined; path: string; ca?: string },
  name: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const tls = isIP(name) ? { servername: '' } : { servername: name }
    const call = request({ ...options, ...tls, headers: { host: name }, timeout: 10_000, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', reject)
    call.end()
  })
}
