import type { RunningFacts } from '../facts/running.ts'
import { agentOf } from '../facts/running.ts'

/**
 * Tells the agent that a person at a terminal was just shown what is due. A program that asks every minute has shown
 * nothing to anybody, and that it cannot be told now is no reason to fail.
 */
export async function noteShown(lib: string, { agent }: RunningFacts, json: boolean): Promise<void> {
  const keys = agent?.licence.due ?? []
  if (json || !process.stdout.isTTY || keys.length === 0) return
  await agentOf(lib)
    .call('licence-shown', { keys })
    .catch(() => undefined)
}
