import { showInstant } from '@domicile/backup/point-in-time'
import { afterSwitch, type Restore, refuseWhileWaiting } from '@domicile/backup/restore'
import { type Timed, writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { wantedFile } from '../../appliance/records.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { fillFromPointInTime, nightlyBase, type Reached } from '../point-in-time/index.ts'
import { withPin } from '../retention/pin.ts'
import { announce, tellAgent, withdraw } from './announce.ts'
import { fillBeside } from './beside.ts'
import { fillFromSnapshot } from './fill.ts'
import type { RestorePlan } from './plan.ts'
import { readRestore, writeRestore } from './restore-record.ts'
import { discard, removeIdle, settlingOf, sideOf } from './sides.ts'
import { goOn, runAgain, type SwitchTools, switchTo } from './switch.ts'

export interface RestoreTools extends SwitchTools {
  readonly engine: DockerEngine
  readonly now: () => Date
}

export interface Restoration {
  readonly restore: Restore
  readonly steps: readonly Timed[]
}

/**
 * Deals with a restore that an earlier run left, before another is thought of. What was being filled stays for who wants the
 * same again; a switch is ended; a removal is, too. The caller holds the backup lock.
 * @returns what was being filled; or the restore whose switch was ended here
 * @throws BackupRefusal RESTORE_WAITS
 */
export async function takeUp(
  appliance: Appliance,
  tools: RestoreTools,
): Promise<{ begun?: Restore; ended?: Restoration }> {
  const { name } = appliance
  const earlier = await readRestore(name)
  if (!earlier) return {}
  switch (settlingOf(appliance, earlier)) {
    case 'discard':
      return { begun: earlier }
    case 'remove':
      await removeIdle(appliance, earlier, tools.engine)
      return {}
    case 'go-on':
      return { ended: await endSwitch(appliance, earlier, tools) }
    case 'wait':
      refuseWhileWaiting(earlier)
      return {}
  }
}

/** Removes what an interrupted restore made beside, and has the application run that it may have stopped. */
export async function abandon(appliance: Appliance, restore: Restore, tools: RestoreTools): Promise<void> {
  await discard(appliance, restore, tools.engine)
  if (restore.phase === 'switching')
    await change(appliance.name, `restore ${restore.source.run}: take it back`, async () => {
      if (restore.settings) await writeDurably(wantedFile({ ...appliance.wanted, settings: restore.settings.before }))
      return runAgain(await openAppliance(appliance.name), tools)
    })
  await withdraw(appliance)
}

/**
 * Ends a switch that was killed: on to where the pointers lead or, when that does not run, back.
 * @throws UserError ROLLED_BACK (6) when it went back and the restored side is gone; INTERRUPTED (130), UNDO_INCOMPLETE (9)
 */
export async function endSwitch(appliance: Appliance, restore: Restore, tools: RestoreTools): Promise<Restoration> {
  const { name } = appliance
  tools.say('An earlier switch was interrupted; it is ended first.')
  const ended = await change(name, `restore ${restore.source.run}: end the switch`, () =>
    goOn(appliance, restore, tools).catch((error) => {
      if (tools.signal.aborted) throw error
      tools.say(`The side that was switched to does not run: ${(error as Error).message}`)
      return switchTo(sideOf(appliance, restore) === 'after' ? 'before' : 'after', appliance, restore, tools)
    }),
  )
  if (ended.restore.phase === 'undone' && restore.switchedAt === null) {
    await discard(await openAppliance(name), ended.restore, tools.engine)
    throw wentBack()
  }
  await tellAgent(appliance, ended.restore, restore.at, 0, tools.say)
  await archiveAnew(name, tools)
  return ended
}

const wentBack = () =>
  new UserError('The restored side did not run, and the one from before runs again. The appliance is as it was.', {
    code: 'ROLLED_BACK',
    hint: 'See what the application printed (domicile logs), and choose another snapshot: domicile backup list',
    exitCode: ExitCode.RolledBack,
  })

/** The cluster that runs now is another one, whose changes the point-in-time repository takes from a base of its own on. */
async function archiveAnew(name: string, tools: RestoreTools): Promise<void> {
  try {
    await nightlyBase(await openAppliance(name), { ...tools, say: () => undefined })
  } catch (error) {
    tools.say(`Going back to any moment begins anew with the next backup: ${(error as Error).message}`)
  }
}

/** The same restore as was begun, or another one. */
export const isSame = ({ source }: Restore, { snapshot, instant }: RestorePlan): boolean =>
  source.run === snapshot.run && source.instant === (instant?.toISOString() ?? null)

export interface RestoreOrder {
  readonly plan: RestorePlan
  /** What an interrupted run of the same restore has begun. */
  readonly begun: Restore | undefined
  /** The snapshot that was made of what runs now; null: none. */
  readonly preRestore: string | null
}

/**
 * Restores beside what runs, compares, and only then switches. The caller holds the backup lock.
 * @throws UserError ROLLED_BACK (6): the appliance is as it was; RESTORED_DIFFERS (4); INTERRUPTED (130); UNDO_INCOMPLETE (9)
 */
export async function carryOutRestore(
  appliance: Appliance,
  { plan, begun, preRestore }: RestoreOrder,
  tools: RestoreTools,
): Promise<Restoration> {
  const show = (at: Date) => showInstant(at, plan.timeZone)
  const cutShort = ({ complete, last }: Reached) => {
    if (!complete)
      tools.say(`What was archived ends ${last ? `with ${show(last)}` : 'with the base'}: nothing later is known.`)
  }
  const fillPostgres = plan.way
    ? fillFromPointInTime(appliance, plan.way, show, cutShort)
    : fillFromSnapshot(appliance, plan.snapshot)
  const began = tools.now()
  const { snapshot, manifest, instant, lost } = plan
  const restore: Restore = begun
    ? { ...begun, phase: 'beside' }
    : {
        ...{ format: 1, id: plan.id, at: plan.at, phase: 'beside', preRestore },
        source: { run: snapshot.run, instant: instant?.toISOString() ?? null },
        ...{ before: plan.before, after: plan.after, beganAt: began.toISOString(), switchedAt: null },
        settings: plan.settings && { before: { ...appliance.wanted.settings }, after: { ...plan.settings } },
      }
  await announce(appliance, plan, began)
  try {
    const restored = { snapshot, manifest, instant, volumes: restore.after, running: restore.before }
    const filled = await withPin(appliance.name, snapshot.run, () =>
      fillBeside(appliance, restore, restored, fillPostgres, tools),
    )
    const switched = await change(appliance.name, `restore ${snapshot.run}`, () =>
      switchTo('after', appliance, restore, tools),
    )
    const seconds = (tools.now().getTime() - began.getTime()) / 1000
    await tellAgent(appliance, switched.restore, lost.from, seconds, tools.say)
    await archiveAnew(appliance.name, tools)
    return { restore: switched.restore, steps: [...filled, ...switched.steps] }
  } catch (error) {
    await afterFailure(appliance, restore, error, tools)
    throw error
  } finally {
    await withdraw(appliance)
  }
}

/** Interrupted, not undone wholly, or somebody else was changing the appliance when it was to be switched. */
const WAITS: readonly ExitCode[] = [ExitCode.Interrupted, ExitCode.NeedsPerson, ExitCode.Locked]

/** What went back by itself leaves nothing behind; what was interrupted waits for the next command. */
async function afterFailure(
  appliance: Appliance,
  restore: Restore,
  error: unknown,
  { engine }: RestoreTools,
): Promise<void> {
  const { exitCode } = error as Partial<UserError>
  if (exitCode !== undefined && WAITS.includes(exitCode)) return
  await discard(await openAppliance(appliance.name), restore, engine)
}

/** Goes to the side that does not run. @throws UserError ROLLED_BACK (6): what runs is what ran */
export async function switchBack(appliance: Appliance, restore: Restore, tools: RestoreTools): Promise<Restoration> {
  const began = tools.now()
  const to = restore.phase === 'switched' ? 'before' : 'after'
  const lostFrom = restore.switchedAt ?? restore.beganAt
  const switched = await change(appliance.name, `restore ${restore.source.run}: to the side ${to} it`, () =>
    switchTo(to, appliance, restore, tools),
  ).catch(async (error) => {
    if (error instanceof UserError && error.exitCode === ExitCode.RolledBack) {
      await writeRestore(appliance.name, { ...restore, phase: afterSwitch(to === 'before' ? 'after' : 'before') })
    }
    throw error
  })
  const seconds = (tools.now().getTime() - began.getTime()) / 1000
  await tellAgent(appliance, switched.restore, lostFrom, seconds, tools.say)
  await archiveAnew(appliance.name, tools)
  return switched
}
