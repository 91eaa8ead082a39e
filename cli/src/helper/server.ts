import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  HELPER_BODY_BYTES,
  HELPER_VERBS,
  HELPER_VERSION,
  type HelperOperation,
  type HelperVerb,
  helperRequest,
} from '@domicile/appliance-image/helper-protocol'
import { BusyError, type Worker } from './worker.ts'

interface Answer {
  readonly status: 200 | 202 | 400 | 409 | 413 | 500
  readonly body: object
}

/** A request that is answered with something else than what was asked. */
class Unanswered extends Error {
  readonly answer: Answer

  constructor(status: Answer['status'], code: string, message: string, hint: string) {
    super(message)
    this.answer = { status, body: { error: { code, message, hint } } }
  }
}

/** Answers the verbs of `helper-protocol.ts`. Who may ask is decided by the folder that the socket is in. */
export function helperServer(worker: Worker, version: string, alert: () => void): Server {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8192 },
    (request, response) => {
      void answer(worker, version, alert, request)
        .catch(asAnswer)
        .then((given) => send(response, given))
    },
  )
  server.maxConnections = 16
  return server
}

async function answer(worker: Worker, version: string, alert: () => void, request: IncomingMessage): Promise<Answer> {
  const verb = parseVerb(request)
  requireEmpty(await readBody(request))
  if (verb === 'ping') return { status: 200, body: { protocol: HELPER_VERSION, version, busy: worker.busy } }
  if (verb === 'alert') {
    alert()
    return { status: 202, body: {} }
  }
  return { status: 202, body: worker.take(verb.slice('backup-'.length) as HelperOperation) }
}

function asAnswer(thrown: unknown): Answer {
  if (thrown instanceof Unanswered) return thrown.answer
  const message = (thrown as Error).message
  const error =
    thrown instanceof BusyError
      ? { code: 'BUSY', message: `Not now: ${message}.`, hint: 'Ask again when it has ended.' }
      : {
          code: 'HELPER_FAILED',
          message: `The helper failed: ${message}`,
          hint: 'See its log: journalctl -u "domicile-helper@*"',
        }
  return { status: thrown instanceof BusyError ? 409 : 500, body: { error } }
}

const isVerb = (name: string): name is HelperVerb => (HELPER_VERBS as readonly string[]).includes(name)

function parseVerb({ method, url = '' }: IncomingMessage): HelperVerb {
  const [, asked, verb = ''] = /^\/v(\d{1,4})\/([a-z-]{1,40})$/.exec(url) ?? []
  if (method !== 'POST' || asked === undefined) {
    throw misunderstood('HELPER_BAD_REQUEST', `It speaks “POST /v${HELPER_VERSION}/<verb>”.`)
  }
  if (Number(asked) !== HELPER_VERSION) {
    throw misunderstood('HELPER_UNKNOWN_VERSION', `It speaks version ${HELPER_VERSION}, and was asked in ${asked}.`)
  }
  if (!isVerb(verb)) throw misunderstood('HELPER_UNKNOWN_VERB', `It knows ${HELPER_VERBS.join(', ')}.`)
  return verb
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > HELPER_BODY_BYTES) {
      throw new Unanswered(
        413,
        'HELPER_REQUEST_TOO_LARGE',
        `No more than ${HELPER_BODY_BYTES} bytes are read.`,
        'Ask for less.',
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function requireEmpty(text: string): void {
  if (helperRequest.safeParse(parsed(text)).success) return
  throw misunderstood('HELPER_BAD_REQUEST', 'A request is the JSON document {}: no verb takes an argument.')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const misunderstood = (code: string, message: string) =>
  new Unanswered(400, code, message, 'Run `domicile apply` with the program that installed the appliance.')

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body)
  // Whatever of the request was not read is not going to be: the connection ends with the answer.
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), connection: 'close' }
  response.writeHead(status, headers).end(text)
}
