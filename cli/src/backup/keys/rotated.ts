import type { Target } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { OWN_ARCHIVE } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { backupFolder } from '../folder.ts'
import { targetFiles } from '../targets/store.ts'
import { accessTo, presentLabel, type TargetTools, withTarget } from '../targets/target-room.ts'
import type { Rotated } from './rotate.ts'

type Known = Pick<Appliance, 'name' | 'state'>

/** The appliance's own archive. */
export const archiveRotated = (appliance: Known, tools: TargetTools): Rotated => ({
  keyFile: backupFolder(appliance.name).archiveKey,
  open: (mounts, work) =>
    withArchive(appliance, { service: 'backup-keys', mounts }, tools, (_, room) => work(room, OWN_ARCHIVE)),
})

/** A second copy, which has a key of its own. */
export const targetRotated = (appliance: Known, target: Target, tools: TargetTools): Rotated => ({
  keyFile: targetFiles(appliance.name, target.name).key,
  open: async (mounts, work) => {
    await presentLabel(target, tools)
    return withTarget(appliance, accessTo(appliance.name, target), { mounts }, tools, (_, room, place) =>
      work(room, place),
    )
  },
})
