import { readFile, statfs } from 'node:fs/promises'
import { forecast, requireSpace } from '@domicile/backup/restore'
import type { Manifest } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import { requireRoom } from '../../license/selftest/room.ts'
import { memoryOf } from '../../preflight/host.ts'
import { backupFolder } from '../folder.ts'
import { servicesTried } from './application.ts'

/** What PostgreSQL and the archive engine take while a dump is loaded, as measured. */
const PROGRAMS_BYTES = 512 * 2 ** 20

/**
 * Looks before anything is restored whether there is room: what runs comes first.
 * @throws BackupRefusal NO_ROOM, UserError NO_ROOM (3), with both figures
 */
export async function requireDrillRoom(
  { name, stack, blueprint }: Pick<Appliance, 'name' | 'stack' | 'blueprint'>,
  manifest: Manifest,
): Promise<void> {
  const { bavail, bsize } = await statfs(backupFolder(name).root)
  requireSpace(forecast(manifest, []), bavail * bsize)
  const tried = servicesTried(stack)
  const limits = blueprint.containers.filter(({ service }) => tried.includes(service))
  // A limit leaves an application twice what it needs to start.
  const application = limits.reduce((sum, { memoryBytes }) => sum + memoryBytes / 2, 0)
  const { availableBytes } = memoryOf(await readFile('/proc/meminfo', 'utf8'))
  requireRoom({ memory: PROGRAMS_BYTES + application, disk: 0 }, { memory: availableBytes, disk: 0 })
}
