import { request } from 'node:http'
import {
  agentError,
  PROTOCOL_VERSION,
  VERBS,
  type Verb,
  type VerbRequest,
  type VerbResponse,
} from '@domicile/appliance-image/agent-protocol'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { REFUSAL_EXIT } from '../license/refusal-exit.ts'

/** An order from an ACME service may take its time, and so may verifying years; the rest is answered at once. Milliseconds. */
const TIMEOUT_MS: Partial<Record<Verb, number>> = {
  'tls-use': 120_000,
  'tls-renew': 120_000,
  'licence-audit': 120_000,
}
const DEFAULT_TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 1024 * 1024

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it does not run',
  ECONNREFUSED: 'it does not run',
  ECONNRESET: 'it ended before it had answered',
  EACCES: 'only root may talk to it',
}

export interface AgentClient {
  /** @throws UserError AGENT_UNREACHABLE (1), AGENT_SPEAKS_OTHERWISE (1), or what the agent refused (3; a licence document 2, 4, 5) */
  call<V extends Verb>(verb: V, body: VerbRequest<V>): Promise<VerbResponse<V>>
}

/** Talks to an appliance's agent over its Unix socket. */
export const agentClient = (socketPath: string): AgentClient => ({
  async call(verb, body) {
    const { status, text } = await post(socketPath, verb, JSON.stringify(body))
    const answer = parse(text)
    if (status !== 200) throw refused(status, answer)
    const parsed = VERBS[verb].response.safeParse(answer)
    if (!parsed.success) throw speaksOtherwise(`its answer to ${verb} has another shape`)
    return parsed.data as never
  },
})

function post(socketPath: string, verb: Verb, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const timeout = TIMEOUT_MS[verb] ?? DEFAULT_TIMEOUT_MS
    const call = request(
      { socketPath, path: `/v${PROTOCOL_VERSION}/${verb}`, method: 'POST', headers, timeout },
      (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > MAX_ANSWER_BYTES) call.destroy(new Error('the answer is too long'))
          chunks.push(chunk)
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
        answer.on('error', (error) => reject(unreachable(error)))
      },
    )
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeout / 1000} s`)))
    call.on('error', (error) => reject(unreachable(error)))
    call.end(body)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw speaksOtherwise('its answer is not JSON')
  }
}

function refused(status: number, answer: unknown): UserError {
  const parsed = agentError.safeParse(answer)
  if (!parsed.success) return speaksOtherwise(`HTTP ${status} without a reason`)
  const { code, message, hint, kind } = parsed.data.error
  const exitCode = kind ? REFUSAL_EXIT[kind] : status === 409 ? ExitCode.Refused : ExitCode.Failed
  return new UserError(message, { code, hint, exitCode })
}

const unreachable = ({ code, message }: NodeJS.ErrnoException) =>
  new UserError(`The agent does not answer: ${WHY[code ?? ''] ?? message}.`, {
    code: 'AGENT_UNREACHABLE',
    hint:
      code === 'EACCES'
        ? 'Run the command again as root (sudo).'
        : 'See how the appliance is: domicile status. The agent is restarted with: domicile restart agent',
    exitCode: ExitCode.Failed,
  })

const speaksOtherwise = (why: string) =>
  new UserError(`The agent and this program do not understand each other: ${why}.`, {
    code: 'AGENT_SPEAKS_OTHERWISE',
    hint: 'They may be of different versions; run `domicile apply` with the version that installed the appliance.',
    exitCode: ExitCode.Failed,
  })
