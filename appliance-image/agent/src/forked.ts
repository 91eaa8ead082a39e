import { fork } from 'node:child_process'

/** What a program that answers one question sends back. */
export type Reply = { readonly result: unknown } | { readonly failure: string }

export interface Forked {
  /** For the error: what is being done. */
  readonly what: string
  /** It is ended after so long. */
  readonly seconds: number
  /** Ends it with the agent. */
  readonly stop: AbortSignal
  /** For the runtime; without them it runs as this process does. */
  readonly flags?: readonly string[]
}

/**
 * Asks a program that answers one question and ends. What it needs of memory and libraries is gone afterwards, and what goes
 * wrong in it goes wrong there alone. The question passes through an anonymous socket pair, never through arguments or files.
 * @throws Error when it failed, or ended without an answer
 */
export function askForked<T>(program: string, question: object, { what, seconds, stop, flags }: Forked): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(program, {
      ...(flags && { execArgv: [...flags] }),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal: stop,
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    })
    child.once('error', reject)
    child.once('message', (reply: Reply) => {
      if ('result' in reply) resolve(reply.result as T)
      else reject(new Error(reply.failure))
    })
    child.once('exit', (code, signal) => {
      const killed = `was ended: it took more than ${seconds} seconds, or more memory than there is`
      const end = signal === 'SIGKILL' ? killed : `ended with ${code ?? signal}, without an answer`
      reject(new Error(`${what} ${end}.`))
    })
    child.send(question, (error) => error && reject(error))
  })
}
