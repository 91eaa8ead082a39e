import { askForked } from '../forked.ts'
import type { Auditor, AuditRequest } from './auditor.ts'

/** What goes to `audit-one.ts`. */
export type Question = AuditRequest

const TIMEOUT_SECONDS = 110

/** Has each report made in a process of its own that ends with it. `program` is `audit-one.ts`, or its bundle. */
export function forkedAuditor(program: string, stop: AbortSignal): Auditor {
  return {
    audit: (request) =>
      askForked(program, request, { what: 'The audit', seconds: TIMEOUT_SECONDS, stop, flags: FLAGS }),
  }
}

/** Not the agent's: hashing five years takes too long without compiled code, and more memory than the agent has. */
const FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=200', '--disable-sigusr1']
