import { chmod, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Log, messageOf } from './log.ts'
import { explainProblems } from './problems.ts'
import {
  type AgentError,
  isVerb,
  PROTOCOL_VERSION,
  VERBS,
  type Verb,
  type VerbRequest,
  type VerbResponse,
} from './protocol.ts'
import { Refusal } from './refusal.ts'

/** What the agent does for each verb. */
export type Verbs = { readonly [V in Verb]: (request: VerbRequest<V>) => Promise<VerbResponse<V>> | VerbResponse<V> }

const BODY_LIMIT_BYTES = 512 * 1024

/** A request that could not be understood; unlike a Refusal it is the caller's mistake. */
class Misunderstanding extends Refusal {}

/** Answers the protocol's verbs; see `protocol.ts`. */
export function socketServer(verbs: Verbs, log: Log): Server {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    void answer(verbs, log, request, response)
  })
  server.maxConnections = 32
  return server
}

/** Listens at a path that a killed agent may have left occupied. The folder around it keeps others away. */
export async function listenAt(server: Server, path: string): Promise<void> {
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve(server.removeListener('error', reject) && undefined))
  })
  await chmod(path, 0o660)
}

interface Outcome {
  readonly status: 200 | 400 | 409 | 500
  readonly body: object
  readonly error?: AgentError
}

async function answer(verbs: Verbs, log: Log, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = process.uptime()
  const { status, body, error } = await outcome(verbs, request)
  const seconds = Math.round((process.uptime() - startedAt) * 1000) / 1000
  log('verb', { path: request.url, status, seconds, ...(error && { code: error.code, message: error.message }) })
  const text = JSON.stringify(body)
  // Whatever of the request was not read is not going to be: the connection ends with the answer.
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  })
  response.end(text)
}

async function outcome(verbs: Verbs, request: IncomingMessage): Promise<Outcome> {
  try {
    const verb = parseVerb(request)
    const body = parseBody(verb, await readBody(request))
    return { status: 200, body: await verbs[verb](body as never) }
  } catch (thrown) {
    const error = adviceOf(thrown)
    const status = thrown instanceof Misunderstanding ? 400 : thrown instanceof Refusal ? 409 : 500
    return { status, body: { error }, error }
  }
}

function adviceOf(thrown: unknown): AgentError {
  if (thrown instanceof Refusal) {
    const { code, message, hint, kind } = thrown
    return { code, message, hint, ...(kind && { kind }) }
  }
  return {
    code: 'AGENT_FAILED',
    message: `The agent failed: ${messageOf(thrown)}`,
    hint: 'What was served before still is. See the log: domicile logs agent',
  }
}

function parseVerb({ method, url = '' }: IncomingMessage): Verb {
  const [, version, name = ''] = url.match(/^\/v(\d+)\/([^/?]+)$/) ?? []
  if (method !== 'POST' || version === undefined) {
    throw new Misunderstanding({
      code: 'AGENT_BAD_REQUEST',
      message: `The agent speaks "POST /v${PROTOCOL_VERSION}/<verb>", not "${method} ${url}".`,
      hint: 'Use the domicile command.',
    })
  }
  if (Number(version) !== PROTOCOL_VERSION) {
    throw new Misunderstanding({
      code: 'AGENT_UNKNOWN_VERSION',
      message: `The agent speaks version ${PROTOCOL_VERSION} of its protocol, and the command asked in version ${version}.`,
      hint: 'Use the domicile command that came with the release that runs.',
    })
  }
  if (isVerb(name)) return name
  throw new Misunderstanding({
    code: 'AGENT_UNKNOWN_VERB',
    message: `The agent (protocol ${PROTOCOL_VERSION}) does not know "${name}"; it knows ${Object.keys(VERBS).join(', ')}.`,
    hint: 'Use the domicile command that came with the release that runs.',
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > BODY_LIMIT_BYTES) {
      throw new Misunderstanding({
        code: 'AGENT_REQUEST_TOO_LARGE',
        message: `The request is larger than ${BODY_LIMIT_BYTES / 1024} KiB.`,
        hint: 'Give smaller files.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseBody<V extends Verb>(verb: V, text: string): VerbRequest<V> {
  const parsed = VERBS[verb].request.safeParse(json(text))
  if (parsed.success) return parsed.data as VerbRequest<V>
  throw badRequest(`The request "${verb}" is not as agreed: ${explainProblems(parsed.error)}.`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('The request is not JSON.')
  }
}

const badRequest = (message: string) =>
  new Misunderstanding({ code: 'AGENT_BAD_REQUEST', message, hint: 'Correct the named fields and ask again.' })
