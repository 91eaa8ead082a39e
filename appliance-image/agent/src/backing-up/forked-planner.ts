import { askForked } from '../forked.ts'
import type { Plan, Planner } from './planner.ts'

const TIMEOUT_SECONDS = 30

/** Has each plan made in a process of its own that ends with it. `program` is `plan-one.ts`, or its bundle. */
export const forkedPlanner = (program: string, stop: AbortSignal): Planner => ({
  plan: (question) =>
    askForked<Plan>(program, question, { what: 'Planning the backups', seconds: TIMEOUT_SECONDS, stop }),
})
