import { BackupRefusal } from '@domicile/backup/refusal'
import {
  afterInterruption,
  idleSide,
  type Restore,
  type Settling,
  type Side,
  sideInUse,
  type Volumes,
} from '@domicile/backup/restore'
import { APPLIANCE_LABEL, volumeName } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { type RoomTools, withRoom } from '../room.ts'
import { clearRooms, ROOMS } from './fill.ts'
import { forgetRestore, writeRestore } from './restore-record.ts'

/** The engine's volumes that the appliance uses now, for what a restore is about. */
export const inUse = ({ state }: Pick<Appliance, 'state'>, { before }: Pick<Restore, 'before'>): Volumes =>
  Object.fromEntries(Object.keys(before).map((key) => [key, volumeName(state, key)]))

export const sideOf = (appliance: Pick<Appliance, 'state'>, restore: Restore): Side =>
  sideInUse(restore, inUse(appliance, restore))

export const settlingOf = (appliance: Pick<Appliance, 'state'>, restore: Restore): Settling =>
  afterInterruption(restore, inUse(appliance, restore))

/** @throws BackupRefusal NO_RESTORE (missing) */
export function requireRestore(restore: Restore | undefined): Restore {
  if (restore) return restore
  throw new BackupRefusal('No restore is under way, and none waits.', {
    code: 'NO_RESTORE',
    hint: 'Restore a snapshot with `domicile restore --latest`; see which there are with `domicile backup list`.',
    kind: 'missing',
  })
}

/** One of which both sides are there, or that is being removed. @throws BackupRefusal NO_RESTORE, RESTORE_INTERRUPTED */
export function requireSettled(appliance: Pick<Appliance, 'state'>, found: Restore | undefined): Restore {
  const restore = requireRestore(found)
  const settling = settlingOf(appliance, restore)
  if (settling === 'wait' || settling === 'remove') return restore
  throw new BackupRefusal('The restore was interrupted and has not ended.', {
    code: 'RESTORE_INTERRUPTED',
    hint: 'Run the same `domicile restore` again to go on with it, or `domicile restore undo` to take it back.',
  })
}

/** Removes what was made beside, and the memory of it. Safe to run again. */
export async function discard(appliance: Appliance, restore: Restore, engine: DockerEngine): Promise<void> {
  await clearRooms(appliance.name, engine)
  const used = new Set(Object.values(inUse(appliance, restore)))
  // Whatever the record says: what runs is not removed.
  await removeVolumes(
    appliance.name,
    Object.values(restore.after).filter((volume) => !used.has(volume)),
    engine,
  )
  await forgetRestore(appliance.name)
}

/** Removes the side that does not run, for good. Safe to run again. @returns the volumes that are gone */
export async function removeIdle(appliance: Appliance, restore: Restore, engine: DockerEngine): Promise<string[]> {
  const volumes = Object.values(idleSide(restore, inUse(appliance, restore)))
  await writeRestore(appliance.name, { ...restore, phase: 'removing' })
  await removeVolumes(appliance.name, volumes, engine)
  await forgetRestore(appliance.name)
  return volumes
}

async function removeVolumes(appliance: string, volumes: readonly string[], engine: DockerEngine): Promise<void> {
  for (const volume of volumes) {
    const found = await engine.findVolume(volume)
    if (found?.labels[APPLIANCE_LABEL] === appliance) await engine.removeVolume(volume)
  }
}

/** What the side that does not run takes on the disk, in bytes. */
export async function idleBytes(appliance: Appliance, restore: Restore, tools: RoomTools): Promise<number> {
  const mounts = Object.entries(idleSide(restore, inUse(appliance, restore))).map(
    ([key, source]) => ({ type: 'volume', source, target: `/idle/${key}`, readOnly: true }) as const,
  )
  const room = {
    ...({ service: ROOMS.read, role: 'backup', network: 'none', user: '0', mounts } as const),
    capabilities: ['DAC_READ_SEARCH'],
  }
  return withRoom(appliance, room, tools, async ({ exec }) => {
    const { stdout } = await exec(['du', '--summarize', '--block-size=1', '/idle'])
    return Number(stdout.split('\t')[0]) || 0
  })
}
