import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type * as z from 'zod/mini'
import { explainProblems } from '../problems.ts'

/** What can be wrong with a call: status, what is so, and what to do. */
const PROBLEMS = {
  NOT_AUTHENTICATED: [
    401,
    'The call does not carry the token of this appliance.',
    'Send it as "Authorization: Bearer …"; the secret license_token holds it, as a file in /run/secrets.',
  ],
  TOKEN_UNREADABLE: [
    503,
    'The agent cannot read its token, so it cannot tell who asks.',
    'Go on working, and ask the administrator to run: domicile doctor',
  ],
  BUSY: [503, 'Too many calls are being answered.', 'Ask again in a second, and send fewer at once.'],
  NO_SUCH_PATH: [404, 'There is nothing at this path.', 'See which paths there are in the vendor’s manual.'],
  WRONG_METHOD: [405, 'This path does not know the method.', 'See the paths in the vendor’s manual.'],
  BODY_TOO_LARGE: [413, 'The body is larger than 8 KiB.', 'Send what the path takes, and nothing else.'],
  BODY_NOT_JSON: [400, 'The body is not JSON in UTF-8.', 'Send one JSON object.'],
  BODY_WRONG: [400, 'The body is not as this path takes it', 'See its shape in the vendor’s manual.'],
  HOLDER_WRONG: [
    400,
    'A holder has 1 to 128 characters, percent-encoded, and is neither . nor ...',
    'Use the identifier of a session, or its hash.',
  ],
  METER_UNKNOWN: [
    404,
    'The stack declares no meter of this name that applications report.',
    'Declare it in appliance.yaml: meters: { NAME: { reported: true } }',
  ],
} as const satisfies Record<string, readonly [status: number, message: string, hint: string]>

/** A call that is refused, with what the caller is told. Its message never repeats what was sent. */
export class CallProblem extends Error {
  readonly code: keyof typeof PROBLEMS
  readonly status: number
  readonly hint: string

  constructor(code: keyof typeof PROBLEMS, detail?: string) {
    const [status, message, hint] = PROBLEMS[code]
    super(detail === undefined ? message : `${message}: ${detail}.`)
    this.code = code
    this.status = status
    this.hint = hint
  }
}

const MOST_BYTES = 8192

/**
 * Reads what a call brings: an object of that shape; of an empty body `{}`.
 * @throws CallProblem when it is larger than 8 KiB or of another shape
 */
export async function bodyOf<S extends z.ZodMiniType>(request: IncomingMessage, shape: S): Promise<z.output<S>> {
  const chunks: Buffer[] = []
  let bytes = 0
  // A request that is given up would take its connection with it, and the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new CallProblem('BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  const parsed = shape.safeParse(bytes === 0 ? {} : json(Buffer.concat(chunks)))
  if (!parsed.success) throw new CallProblem('BODY_WRONG', explainProblems(parsed.error))
  return parsed.data
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new CallProblem('BODY_NOT_JSON')
  }
}

/** A token that is shorter is none: an empty file must not let everybody in. */
const SHORTEST_TOKEN = 16

/**
 * @param token what the appliance's secret holds
 * @throws CallProblem unless the call carries it; how long that takes says nothing about it
 */
export function authenticate(request: IncomingMessage, token: string): void {
  if (token.length < SHORTEST_TOKEN) throw new CallProblem('TOKEN_UNREADABLE')
  const [, sent = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (!timingSafeEqual(digest(sent), digest(token))) throw new CallProblem('NOT_AUTHENTICATED')
}

const digest = (text: string) => createHash('sha256').update(text).digest()
