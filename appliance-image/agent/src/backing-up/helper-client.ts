import { request } from 'node:http'
import {
  HELPER_BODY_BYTES,
  HELPER_VERSION,
  type HelperOperation,
  type HelperPong,
  type HelperTaken,
  type HelperVerb,
  helperError,
  helperPong,
  helperTaken,
} from './helper-protocol.ts'

/** The helper may have to be started first, by a host that is busy. */
const TIMEOUT_MS = 30_000

/** Another operation is at work on the host. */
export class HelperBusy extends Error {}
/** Nobody answers, or not as agreed. */
export class HelperGone extends Error {}

export interface Helper {
  /** @throws HelperGone */
  ping(): Promise<HelperPong>
  /** Returns when the helper has taken it on. @throws HelperGone, HelperBusy */
  ask(operation: HelperOperation): Promise<HelperTaken>
  /** Returns when the helper will tell it on. @throws HelperGone */
  alert(): Promise<void>
}

/** Asks the host's helper over its Unix socket. */
export const helperAt = (socketPath: string): Helper => ({
  async ping() {
    const { status, body } = await post(socketPath, 'ping')
    const pong = helperPong.safeParse(body)
    if (status === 200 && pong.success) return pong.data
    throw new HelperGone(`it answers “ping” with ${reasonOf(status, body)}`)
  },
  async ask(operation) {
    const { status, body } = await post(socketPath, `backup-${operation}`)
    const taken = helperTaken.safeParse(body)
    if (status === 202 && taken.success && taken.data.operation === operation) return taken.data
    if (status === 409) throw new HelperBusy(reasonOf(status, body))
    throw new HelperGone(`it answers “backup-${operation}” with ${reasonOf(status, body)}`)
  },
  async alert() {
    const { status, body } = await post(socketPath, 'alert')
    if (status !== 202) throw new HelperGone(`it answers “alert” with ${reasonOf(status, body)}`)
  },
})

function reasonOf(status: number, body: unknown): string {
  const { data } = helperError.safeParse(body)
  return data ? `${status} ${data.error.code}: ${data.error.message.slice(0, 300)}` : `HTTP ${status}`
}

function post(socketPath: string, verb: HelperVerb): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const gone = (error: Error) => reject(new HelperGone(error.message))
    const headers = { 'content-type': 'application/json', 'content-length': 2 }
    const path = `/v${HELPER_VERSION}/${verb}`
    const call = request({ socketPath, path, method: 'POST', headers, timeout: TIMEOUT_MS, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > HELPER_BODY_BYTES) call.destroy(new Error('its answer is too long'))
        chunks.push(chunk)
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) }),
      )
      answer.on('error', gone)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    call.on('error', gone)
    call.end('{}')
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
