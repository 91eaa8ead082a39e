import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '@domicile/stacks/kernel'
import { agentOf } from '../facts/running.ts'
import type { Note } from './worker.ts'

const AGAIN_MS = 5000
const DEADLINE_MS = 600_000

/**
 * Tells the agent how an operation ended; asks again for ten minutes while it does not answer: it may be restarting.
 * @throws UserError what the agent answered, or that it did not
 */
export async function tellAgent(lib: string, note: Note, signal: AbortSignal): Promise<void> {
  const began = performance.now()
  for (;;) {
    try {
      await agentOf(lib).call('backup-note', note)
      return
    } catch (error) {
      const absent = error instanceof UserError && error.code === 'AGENT_UNREACHABLE'
      if (!absent || signal.aborted || performance.now() - began > DEADLINE_MS) throw error
    }
    await sleep(AGAIN_MS, undefined, { signal })
  }
}
