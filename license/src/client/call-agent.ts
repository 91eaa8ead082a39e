import { readFile } from 'node:fs/promises'

/**
 * Why the agent could not be asked, or did not do what it was asked. `code` is stable: one of the agent's, `AGENT_AWAY`,
 * `AGENT_SLOW`, `ANSWER_STRANGE` or `TOKEN_MISSING`. Neither the token nor a holder is ever in it.
 */
export class LicenceClientError extends Error {
  readonly code: string
  readonly hint: string
  /** HTTP status; null when there was no answer. */
  readonly status: number | null

  constructor(message: string, { code, hint, status = null }: { code: string; hint: string; status?: number | null }) {
    super(message)
    this.name = 'LicenceClientError'
    this.code = code
    this.hint = hint
    this.status = status
  }
}

export interface AgentAddress {
  readonly url: URL
  /** The token itself, or the file that holds it. */
  readonly secret: { readonly token: string } | { readonly file: string }
  readonly timeoutMs: number
}

export interface AgentAnswer {
  readonly status: number
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown
}

/** The agent's port has few connections, and the gateway needs them. */
const MOST_AT_ONCE = 8
const MOST_BYTES = 2 ** 20
/** An agent that did not answer is left alone for a while, or every page would wait for it. */
const REST_MS = 5_000

/** Asks the agent: few calls at once, each with an end, and none for a while after one that failed. */
export class AgentCaller {
  readonly #address: AgentAddress
  #token: string | null = null
  #atWork = 0
  readonly #waiting = new Set<() => void>()
  #restUntil = Number.NEGATIVE_INFINITY
  #last: LicenceClientError | null = null

  constructor(address: AgentAddress) {
    this.#address = address
  }

  /**
   * @param path below `/license/v1/`
   * @returns what was answered with 200, 204 or 409
   * @throws LicenceClientError for anything else, and for everything else that may go wrong
   */
  async call(method: string, path: string, body?: object): Promise<AgentAnswer> {
    this.#refuseAtRest()
    await this.#turn()
    try {
      this.#refuseAtRest()
      const answer = await this.#ask(method, path, body)
      this.#last = null
      return answer
    } catch (error) {
      if (!(error instanceof LicenceClientError)) throw error
      if (saysUnwell(error)) this.#rest(error)
      throw error
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#atWork -= 1
    }
  }

  #refuseAtRest(): void {
    if (this.#last && performance.now() < this.#restUntil) throw this.#last
  }

  /** @throws LicenceClientError when so many wait that it takes as long as an answer may; then nobody else has to rest */
  async #turn(): Promise<void> {
    if (this.#atWork < MOST_AT_ONCE) {
      this.#atWork += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(go)
        reject(slow(this.#address.timeoutMs))
      }, this.#address.timeoutMs)
      const go = () => {
        clearTimeout(timer)
        this.#waiting.delete(go)
        resolve()
      }
      this.#waiting.add(go)
    })
  }

  #rest(error: LicenceClientError): void {
    if (error === this.#last) return
    this.#last = error
    this.#token = null
    this.#restUntil = performance.now() + REST_MS
  }

  async #ask(method: string, path: string, body: object | undefined): Promise<AgentAnswer> {
    const { url, timeoutMs } = this.#address
    this.#token ??= await this.#readToken()
    const { status, text } = await answerOf(new URL(`license/v1/${path}`, url), timeoutMs, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const parsed = parsedJson(text)
    if (status === 200 || status === 204 || status === 409) return { status, body: parsed }
    throw refusalIn(status, parsed)
  }

  async #readToken(): Promise<string> {
    const { secret } = this.#address
    const text = 'token' in secret ? secret.token : await readFile(secret.file, 'utf8').catch(() => '')
    const token = text.trim()
    if (/^[!-~]{16,}$/.test(token)) return token
    throw new LicenceClientError('There is no token to ask the agent with.', {
      code: 'TOKEN_MISSING',
      hint: 'List license_token under secrets of the service in compose.yaml.',
    })
  }
}

/** Never says what was sent: a message of `fetch` may hold it. */
async function answerOf(url: URL, timeoutMs: number, request: RequestInit): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    // The token goes nowhere else.
    const response = await fetch(url, { ...request, redirect: 'error', signal })
    return { status: response.status, text: await textOf(response) }
  } catch (error) {
    if (error instanceof LicenceClientError) throw error
    if (signal.aborted) throw slow(timeoutMs)
    const { cause } = error as { cause?: { code?: unknown } }
    const reason = typeof cause?.code === 'string' ? ` (${cause.code})` : ''
    throw new LicenceClientError(`The agent cannot be reached${reason}.`, {
      code: 'AGENT_AWAY',
      hint: 'Work goes on without it. Ask the administrator to run: domicile status',
    })
  }
}

/** What it refuses for good says that it is well, and so does being busy. */
const saysUnwell = ({ status, code }: LicenceClientError) =>
  code !== 'BUSY' && (status === null || status >= 500 || status === 401)

const slow = (timeoutMs: number) =>
  new LicenceClientError(`The agent did not answer within ${timeoutMs} ms.`, {
    code: 'AGENT_SLOW',
    hint: 'Work goes on without it.',
  })

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MOST_BYTES) throw strange('an answer that does not end')
  }
  return text
}

function parsedJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw strange('something that is not JSON')
  }
}

/** An answer that no agent gives. */
export const strange = (what: string, status: number | null = null) =>
  new LicenceClientError(`What is at the agent’s address answered with ${what}.`, {
    code: 'ANSWER_STRANGE',
    hint: 'See that the address is the agent’s: http://agent:8081 in an appliance.',
    status,
  })

function refusalIn(status: number, body: unknown): LicenceClientError {
  const { code, message, hint } = (body as { error?: Record<string, unknown> } | undefined)?.error ?? {}
  if (typeof code !== 'string' || typeof message !== 'string') return strange(`status ${status}`, status)
  return new LicenceClientError(message, { code, hint: typeof hint === 'string' ? hint : '', status })
}
