import type { Restore } from '@domicile/backup/restore'
import type { Appliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'
import { backupSummary } from '../summary.ts'
import type { RestorePlan } from './plan.ts'

/** People are told this long at most that the appliance will be away; withdrawn as soon as it is over. */
const SWITCH_SECONDS = 600
const TEXT = 'The appliance is being put back to an earlier state. What is entered from now on will be lost.'

type Place = Pick<Appliance, 'blueprint'>

const after = (from: Date, seconds: number) => new Date(from.getTime() + seconds * 1000).toISOString()

/** Says on everybody's pages when the switch is expected. An agent that does not answer stops no restore. */
export async function announce({ blueprint }: Place, { forecast }: RestorePlan, now: Date): Promise<void> {
  const maintenance = {
    from: after(now, forecast.seconds),
    until: after(now, forecast.seconds + SWITCH_SECONDS),
    text: TEXT,
  }
  await agentOf(blueprint.layout.lib)
    .call('maintenance-set', { maintenance })
    .catch(() => undefined)
}

export async function withdraw({ blueprint }: Place): Promise<void> {
  await agentOf(blueprint.layout.lib)
    .call('maintenance-set', { maintenance: null })
    .catch(() => undefined)
}

/**
 * Has the agent put its objects into the database that runs now, and write down that data was put back. The data is there
 * and people work with it, so what fails here is said and stops nothing.
 * @param lostFrom from when on what was written is not there any more
 */
export async function tellAgent(
  { name, blueprint }: Pick<Appliance, 'name' | 'blueprint'>,
  { source }: Pick<Restore, 'source'>,
  lostFrom: string,
  seconds: number,
  say: (text: string) => void,
): Promise<void> {
  const agent = agentOf(blueprint.layout.lib)
  const at = new Date()
  const summary = await backupSummary(name, at).catch(() => null)
  try {
    await agent.call('guards-install', {})
    await agent.call('backup-note', {
      ...{ operation: 'restore', id: null, run: source.run, outcome: 'done', code: null, lostFrom },
      ...{ at: at.toISOString(), seconds, summary },
    })
  } catch (error) {
    say(`The agent did not take note of the restore: ${(error as Error).message}`)
  }
}
