import { fork } from 'node:child_process'
import type { Issuer } from './issuer.ts'

type Task = keyof Issuer
/** What goes to `issue-one.ts` and what comes back. */
export type Question = { readonly task: Task; readonly request: never }
export type Reply = { readonly result: unknown } | { readonly failure: string }

const TIMEOUT_SECONDS: Readonly<Record<Task, number>> = { internal: 30, acme: 110 }

/**
 * Runs each task in a process of its own that ends with it: the libraries that make certificates take tens of megabytes
 * for a second every few weeks. `program` is `issue-one.ts`, or its bundle. Keys pass through an anonymous socket pair, never through arguments or files.
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
    const child = fork(program, {
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
