import type { VerbRequest } from '@domicile/appliance-image/agent-protocol'
import type { Appliance } from '../appliance/appliance.ts'
import { agentOf } from '../facts/running.ts'
import { judgeThrown } from '../helper/judge-thrown.ts'
import { backupSummary } from './summary.ts'

type Note = VerbRequest<'backup-note'>

/**
 * Tells the agent how an operation that a person began has ended, so that its alarms and its schedule know of it. An agent
 * that does not answer keeps nobody's backup from being one.
 */
export async function tellingAgent<T>(
  { name, blueprint }: Pick<Appliance, 'name' | 'blueprint'>,
  operation: Note['operation'],
  work: () => Promise<T>,
  about: (result: T) => Pick<Note, 'run' | 'outcome' | 'code'>,
): Promise<T> {
  const began = performance.now()
  const tell = async (ending: Pick<Note, 'run' | 'outcome' | 'code'>) => {
    const now = new Date()
    const summary = await backupSummary(name, now).catch(() => null)
    const seconds = Math.round((performance.now() - began) / 10) / 100
    const note = { operation, id: null, ...ending, at: now.toISOString(), seconds, summary }
    await agentOf(blueprint.layout.lib)
      .call('backup-note', note)
      .catch(() => undefined)
  }
  try {
    const result = await work()
    await tell(about(result))
    return result
  } catch (error) {
    await tell({ run: null, ...judgeThrown(error) })
    throw error
  }
}
