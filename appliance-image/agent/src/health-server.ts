import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Handler } from './gate/index.ts'
import { keyAuthorization } from './tls/challenges.ts'

const CHALLENGE_PATH = '/.well-known/acme-challenge/'

export interface Health {
  /** What is wrong, or null. */
  problem(): Promise<string | null>
  /** Of the ACME account's key while an ACME server may ask. */
  readonly thumbprint: string | null
}

/**
 * What the agent says on the appliance's network: whether it is well, the answers to ACME challenges, and what the gateway
 * asks. `gate` says whether it has answered.
 */
export function healthServer(health: Health, gate: Handler = async () => false): Server {
  const server = createServer(
    // Longer than the gateway keeps its connections, so that it never uses one that is about to close; and more header
    // than the gateway lets through.
    { requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 65_000, maxHeaderSize: 81_920 },
    (request, response) => {
      answerEither(health, gate, request, response).catch(() =>
        response.headersSent ? response.destroy() : send(response, 500, 'text/plain', ''),
      )
    },
  )
  server.maxConnections = 64
  return server
}

async function answerEither(health: Health, gate: Handler, request: IncomingMessage, response: ServerResponse) {
  if (!(await gate(request, response))) await answer(health, request, response)
}

async function answer(health: Health, { method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = url.split('?', 1)[0] ?? ''
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', '')
  if (path === '/health') {
    const reason = await health.problem()
    const body = reason === null ? { status: 'ok' } : { status: 'failing', reason }
    return send(response, reason === null ? 200 : 503, 'application/json', JSON.stringify(body))
  }
  const { thumbprint } = health
  if (thumbprint && path.startsWith(CHALLENGE_PATH)) {
    const authorization = keyAuthorization(path.slice(CHALLENGE_PATH.length), thumbprint)
    if (authorization) return send(response, 200, 'application/octet-stream', authorization)
  }
  send(response, 404, 'text/plain', '')
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
