import { askForked } from '../forked.ts'
import type { Issuer } from './issuer.ts'

type Task = keyof Issuer
/** What goes to `issue-one.ts`. */
export type Question = { readonly task: Task; readonly request: never }

const TIMEOUT_SECONDS: Readonly<Record<Task, number>> = { internal: 30, acme: 110 }

/**
 * Runs each task in a process of its own that ends with it: the libraries that make certificates take tens of megabytes
 * for a second every few weeks. `program` is `issue-one.ts`, or its bundle.
 */
export function forkedIssuer(program: string, stop: AbortSignal): Issuer {
  const ask = <T>(task: Task, request: unknown) =>
    askForked<T>(
      program,
      { task, request },
      { what: `Making the certificate (${task})`, seconds: TIMEOUT_SECONDS[task], stop },
    )
  return { internal: (request) => ask('internal', request), acme: (request) => ask('acme', request) }
}
