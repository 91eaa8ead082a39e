import { fork } from 'node:child_process'
import { messageOf } from '../log.ts'
import type { Issuer } from './issuer.ts'
import { issuing } from './issuing.ts'

/** The argument that makes this program an issuer for one task instead of the agent. */
export const ISSUE_ARGUMENT = '--issue-one'

type Task = keyof Issuer
type Question = { readonly task: Task; readonly request: never }
type Reply = { readonly result: unknown } | { readonly failure: string }

const TIMEOUT_SECONDS: Readonly<Record<Task, number>> = { internal: 30, acme: 110 }

/**
 * Runs each task in a process of its own that ends with it: the libraries that make certificates take tens of megabytes
 * for a second every few weeks. Keys pass through an anonymous socket pair, never through arguments or files.
 */
export function forkedIssuer(program: string, stop: AbortSignal): Issuer {
  return {
    internal: (request) => ask(program, 'internal', request, stop),
    acme: (request) => ask(program, 'acme', request, stop),
  }
}

function ask<T>(program: string, task: Task, request: unknown, stop: AbortSignal): Promise<T> {
  const seconds = TIMEOUT_SECONDS[task]
  return new Promise((resolve, reject) => {
    const child = fork(program, [ISSUE_ARGUMENT], {
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
      const end = signal === 'SIGKILL' ? `was ended, after ${seconds} seconds at most` : `ended with ${code ?? signal}`
      reject(new Error(`Making the certificate (${task}) ${end} without an answer.`))
    })
    child.send({ task, request }, (error) => error && reject(error))
  })
}

/** The other side: answers one question and ends, or ends with the agent. */
export function issueOne(): void {
  process.once('disconnect', () => process.exit())
  process.once('message', async ({ task, request }: Question) => {
    const reply: Reply = await issuing[task](request).then(
      (result) => ({ result }),
      (error: unknown) => ({ failure: messageOf(error) }),
    )
    process.send?.(reply, () => process.exit())
  })
}
