import { afterSwitch, type Restore, type Side } from '@domicile/backup/restore'
import type { Stage, Timed } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import { stopAll } from '../../appliance/control.ts'
import { changeRecords, mend, planMending } from '../../appliance/mend.ts'
import { writeRestore } from './restore-record.ts'

export interface SwitchTools {
  readonly stage: Stage
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

/**
 * Has the appliance run on the other side: stops the application, changes the pointers, makes what runs what they say, and
 * sees that it is healthy. When it is not, the pointers go back, and so does what runs. The caller holds both locks.
 * @returns the restore as it waits now
 * @throws UserError ROLLED_BACK (6), UNDO_INCOMPLETE (9), INTERRUPTED (130): what has been begun goes on with the next command
 */
export async function switchTo(
  side: Exclude<Side, 'mixed'>,
  appliance: Appliance,
  restore: Restore,
  tools: SwitchTools,
): Promise<{ restore: Restore; steps: Timed[] }> {
  const { name, state, wanted } = appliance
  const under = { ...restore, phase: 'switching' } as const
  await writeRestore(name, under)
  const stopped = await stopAll(appliance, applicationOf(appliance), tools.say)
  const changed = { ...state, volumes: { ...state.volumes, ...restore[side] } }
  const set = restore.settings ? { ...wanted, settings: restore.settings[side] } : wanted
  const times = await changeRecords(appliance, { wanted: set, state: changed }, tools).catch(async (error) => {
    if (!(error instanceof UserError) || !SETTLED.includes(error.exitCode)) await runAgain(appliance, tools)
    throw error instanceof UserError && error.exitCode === ExitCode.RolledBack ? wentBack(error) : error
  })
  const there = await settled({ ...appliance, state: changed }, under)
  return { restore: there, steps: [...stopped, ...times] }
}

/**
 * Ends a switch that was interrupted, to whichever side the pointers name now.
 * @throws UserError UNHEALTHY (1) and what else may stop `apply`
 */
export async function goOn(
  appliance: Appliance,
  restore: Restore,
  tools: SwitchTools,
): Promise<{ restore: Restore; steps: Timed[] }> {
  const steps = await runAgain(appliance, tools)
  return { restore: await settled(appliance, restore), steps }
}

const wentBack = (cause: UserError) => {
  const why = cause.cause instanceof Error ? cause.cause.message : cause.message
  return new UserError(`The other side did not run, and what ran before runs again. ${why}`, {
    code: 'ROLLED_BACK',
    hint: 'The appliance is as it was. The lines above are what stopped it; another snapshot may do: domicile backup list',
    exitCode: ExitCode.RolledBack,
    cause,
  })
}

/** Ends after which the application was started again, or is to stay as it is until somebody looks. */
const SETTLED: readonly ExitCode[] = [ExitCode.RolledBack, ExitCode.NeedsPerson, ExitCode.Interrupted]

/** What is started and stopped with the data: everything but what serves, counts and keeps it. */
const applicationOf = ({ blueprint, stack }: Appliance) =>
  blueprint.containers.filter(({ service }) => Object.hasOwn(stack.compose.services, service))

/** Has the appliance run as its records say. */
export async function runAgain(appliance: Appliance, tools: SwitchTools): Promise<Timed[]> {
  const { steps } = await planMending(appliance)
  return mend(appliance, steps, tools)
}

/** Both sides are there, and one of them runs: a person decides. */
async function settled({ name, state }: Appliance, restore: Restore): Promise<Restore> {
  const onRestored = Object.entries(restore.after).every(([key, volume]) => state.volumes[key] === volume)
  const there = {
    ...restore,
    phase: afterSwitch(onRestored ? 'after' : 'before'),
    switchedAt: new Date().toISOString(),
  }
  await writeRestore(name, there)
  return there
}
