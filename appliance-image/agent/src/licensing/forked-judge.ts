import { askForked } from '../forked.ts'
import type { Judge } from './judge.ts'

type Task = keyof Judge
/** What goes to `judge-one.ts`. */
export type Question = { readonly task: Task; readonly request: never }

const TIMEOUT_SECONDS = 30

/** Has each judgement made in a process of its own that ends with it. `program` is `judge-one.ts`, or its bundle. */
export function forkedJudge(program: string, stop: AbortSignal): Judge {
  const ask = <T>(task: Task, request: object) =>
    askForked<T>(program, { task, request }, { what: `Judging the licence (${task})`, seconds: TIMEOUT_SECONDS, stop })
  return { judge: (request) => ask('judge', request), sign: (request) => ask('sign', request) }
}
