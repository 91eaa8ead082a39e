import type { Stage, Timed } from '@domicile/stacks/apply'
import { type Appliance, openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { changeWanted } from '../../appliance/mend.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { withBackupLock } from '../lock.ts'
import { makeBase } from './base.ts'
import { requirePointInTime } from './engine.ts'
import { ensureShipping } from './shipping.ts'
import { pointInTimeOn } from './wanted.ts'

interface TurnTools {
  readonly stage: Stage
  readonly signal: AbortSignal
  readonly now: () => Date
}

/**
 * Wants it on or off, and applies that: PostgreSQL is started anew. Switched on, it begins with a base at once.
 * @returns null: it was so already
 */
export async function turnPointInTime(
  appliance: Appliance,
  to: 'on' | 'off',
  tools: TurnTools,
  confirm: () => Promise<void>,
): Promise<Timed[] | null> {
  const { name, wanted } = appliance
  requirePointInTime(appliance)
  if (pointInTimeOn(wanted) === (to === 'on')) return null
  await confirm()
  const what = `backup point-in-time ${to}`
  return withBackupLock(name, what, async () => {
    const changed = { ...wanted, backup: { ...wanted.backup, pointInTime: to } }
    const steps = await change(name, what, () => changeWanted(appliance, changed, tools))
    await ensureShipping({ ...appliance, wanted: changed }, appliance)
    return to === 'off' ? steps : [...steps, await firstBase(name, tools)]
  })
}

/** As a step that is shown: what makes the first moments reachable. */
export async function firstBase(name: string, { stage, signal, now }: TurnTools): Promise<Timed> {
  const title = 'Copy the database, so that any later moment can be gone back to'
  const began = performance.now()
  await stage.show({ title }, async (say) => {
    const appliance = await openAppliance(name)
    await makeBase(appliance, { engine: new DockerEngine(), signal, say, now })
  })
  return { title, seconds: (performance.now() - began) / 1000 }
}
