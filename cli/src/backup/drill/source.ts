import { runsOf } from '@domicile/backup/archive'
import { ARCHIVE } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import type { Room, RoomTools } from '../room.ts'
import { findTarget, readTargetState, writeTargetState } from '../targets/store.ts'
import { accessTo, presentLabel, withTarget } from '../targets/target-room.ts'
import { ROOMS } from './place.ts'

/** Who puts files back gives them to their owners. */
export const TO_GIVE = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] as const

/** From where a drill restores. */
export interface Source {
  /** `archive`, or the name of a second copy. */
  readonly name: string
  /** A room that reaches the repository, has these mounts, and may give files to their owners. */
  open<T>(mounts: readonly Mount[], tools: RoomTools, work: (archive: Archive, room: Room) => Promise<T>): Promise<T>
  /** Run id of the newest that is there; undefined: as the catalogue has it. */
  newest(): Promise<string | undefined>
  /** Whatever was found in there was found equal. */
  proven(at: Date): Promise<void>
}

/** The appliance's own archive. */
export const ownArchive = (appliance: Pick<Appliance, 'name' | 'state'>): Source => ({
  name: ARCHIVE,
  open: (mounts, tools, work) =>
    withArchive(appliance, { service: ROOMS.archive, mounts, capabilities: TO_GIVE, yields: true }, tools, work),
  newest: async () => undefined,
  proven: async () => undefined,
})

/**
 * A second copy, which is only read.
 * @throws BackupRefusal TARGET_UNKNOWN (missing); when it is opened DISK_NOT_THERE and whatever keeps it from being reached
 */
export async function secondCopySource(appliance: Pick<Appliance, 'name' | 'state'>, name: string): Promise<Source> {
  const target = await findTarget(appliance.name, name)
  return {
    name,
    async open(mounts, tools, work) {
      await presentLabel(target, tools)
      const room = { readOnly: true, mounts, capabilities: TO_GIVE }
      return withTarget(appliance, accessTo(appliance.name, target), room, tools, work)
    },
    newest: async () => (await readTargetState(appliance.name, name)).last?.run,
    async proven(at) {
      await writeTargetState(appliance.name, name, {
        ...(await readTargetState(appliance.name, name)),
        provenAt: at.toISOString(),
      })
    },
  }
}

/**
 * The snapshot as it is in that place: a copy has the same parts under ids of its own.
 * @throws BackupRefusal SNAPSHOT_UNKNOWN (missing)
 */
export async function snapshotIn(archive: Archive, snapshot: Snapshot, place: string): Promise<Snapshot> {
  const found = runsOf(await archive.list()).find(({ run }) => run === snapshot.run)
  if (found) return { ...snapshot, parts: found.parts }
  const where = place === ARCHIVE ? 'the archive' : `the second copy “${place}”`
  throw new BackupRefusal(`The snapshot ${snapshot.run} is not in ${where}.`, {
    code: 'SNAPSHOT_UNKNOWN',
    hint: 'See which there are: `domicile backup list --refresh`.',
    kind: 'missing',
  })
}
