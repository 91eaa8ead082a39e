import { mkdir } from 'node:fs/promises'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../appliance/appliance.ts'
import { Archive, OWN_ARCHIVE } from './archive.ts'
import { backupFolder } from './folder.ts'
import { type Room, type RoomTools, withRoom } from './room.ts'

const MIB = 2 ** 20

/** The appliance's own archive with its key and its cache, where `OWN_ARCHIVE` has them. */
export function archiveMounts(appliance: string): Mount[] {
  const { archive, archiveKey, cache } = backupFolder(appliance)
  const bind = (source: string, target: string, readOnly: boolean): Mount => ({
    type: 'bind',
    source,
    target,
    readOnly,
  })
  return [
    bind(archive, '/repository', false),
    bind(archiveKey, OWN_ARCHIVE.passwordFile, true),
    bind(`${cache}/archive`, OWN_ARCHIVE.cache, false),
  ]
}

export interface ArchiveRoom {
  /** Ends up in the room's name. */
  readonly service: string
  /** What else is seen in there. */
  readonly mounts?: readonly Mount[]
  readonly network?: 'none' | 'internal' | 'edge'
  /** Besides the one to read: who puts files back gives them their owners and their rights. */
  readonly capabilities?: readonly string[]
  readonly yields?: boolean
}

/** Packs are written there before they go to the repository; a few of them at a time, of 16 MiB and more. */
const PACKS = 'rw,nosuid,nodev,size=384m,mode=1777'

/**
 * A room with the appliance's own archive. Whoever works in there is root with the one right to read what belongs to others.
 * The caller holds the backup lock.
 */
export async function withArchive<T>(
  appliance: Pick<Appliance, 'name' | 'state'>,
  { service, mounts = [], network = 'none', capabilities = [], yields = false }: ArchiveRoom,
  tools: RoomTools,
  work: (archive: Archive, room: Room) => Promise<T>,
): Promise<T> {
  const { archive, cache } = backupFolder(appliance.name)
  for (const folder of [archive, `${cache}/archive`]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const spec = {
    ...({ service, role: 'backup', network, user: '0' } as const),
    capabilities: ['DAC_READ_SEARCH', ...capabilities],
    mounts: [...archiveMounts(appliance.name), ...mounts],
    // How often it says how far it is; by itself it says nothing where nobody looks at a terminal.
    environment: { RESTIC_PROGRESS_FPS: '1', TZ: 'UTC' },
    tmpfs: { '/tmp': PACKS },
    ...{ memoryBytes: 1024 * MIB, yields },
  }
  return withRoom(appliance, spec, tools, (room) => work(new Archive(room), room))
}
