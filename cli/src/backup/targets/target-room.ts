import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { Place } from '@domicile/backup/archive'
import { engineWords, IN_ROOM, parsePlace, type Target, type TargetPlace } from '@domicile/backup/targets'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import { Archive } from '../archive.ts'
import { archiveMounts } from '../archive-room.ts'
import { type Room, type RoomSpec, type RoomTools, withRoom } from '../room.ts'
import { type ReadDisk, requireDisk } from './disk.ts'
import { knock } from './knock.ts'
import { type TargetFiles, targetFiles } from './store.ts'

const MIB = 2 ** 20
const CACHE = '/target-cache'
const PACKS = 'rw,nosuid,nodev,size=384m,mode=1777'

export interface TargetTools extends RoomTools {
  /** Injected where no disk can be mounted. */
  readonly readDisk?: ReadDisk
}

/** How a second copy is reached, whether an appliance is there to it or not. */
export interface Access {
  readonly place: TargetPlace
  readonly files: Pick<TargetFiles, 'key' | 'sshKey' | 'knownHosts' | 's3Credentials' | 'ca' | 'cache'>
  readonly network: 'edge' | 'bridge'
}

export const accessTo = (appliance: string, { name, url }: Target): Access => ({
  place: parsePlace(url),
  files: targetFiles(appliance, name),
  network: 'edge',
})

export interface TargetRoom {
  readonly withSource?: boolean
  /** No lock is left there. */
  readonly readOnly?: boolean
  readonly mounts?: readonly Mount[]
  /** Besides the one to read: who puts files back gives them their owners and their rights. */
  readonly capabilities?: readonly string[]
}

/** Ends up in the room's name. */
export const TARGET_ROOM = 'second-copy'

/**
 * A room that reaches one second copy. `withSource`: the appliance's own archive is in there, too, as `OWN_ARCHIVE`.
 * @throws BackupRefusal HOST_KEY_CHANGED, SECOND_COPY_NO_ACCESS, SECOND_COPY_UNREACHABLE before anything is sent
 */
export async function withTarget<T>(
  appliance: Pick<Appliance, 'name' | 'state'>,
  access: Access,
  { withSource = false, readOnly = false, mounts = [], capabilities = [] }: TargetRoom,
  tools: RoomTools,
  work: (archive: Archive, room: Room, place: Place) => Promise<T>,
): Promise<T> {
  await mkdir(access.files.cache, { recursive: true, mode: 0o700 })
  const { repository, options, environment } = engineWords(access.place)
  const place: Place = { repository, options, passwordFile: IN_ROOM.key, cache: CACHE, readOnly }
  const spec: RoomSpec = {
    service: TARGET_ROOM,
    yields: true,
    role: 'backup',
    user: '0',
    network: access.place.kind === 'disk' ? 'none' : access.network,
    // A disk may belong to whoever mounted it; nothing but it and ours is in there.
    capabilities: [access.place.kind === 'disk' ? 'DAC_OVERRIDE' : 'DAC_READ_SEARCH', ...capabilities],
    mounts: [...(withSource ? archiveMounts(appliance.name) : []), ...accessMounts(access), ...mounts],
    environment: { TZ: 'UTC', HOME: '/tmp', ...environment, ...(hasCa(access) && { RESTIC_CACERT: IN_ROOM.ca }) },
    tmpfs: { '/tmp': PACKS },
    memoryBytes: 1024 * MIB,
  }
  try {
    return await withRoom(appliance, spec, tools, async (room) => {
      await knock(room, access.place, place)
      return work(new Archive(room, place), room, place)
    })
  } catch (error) {
    throw tools.signal.aborted ? interrupted(error) : error
  }
}

/** Whatever the engine says of a room that was taken away under it. */
const interrupted = (cause: unknown) =>
  new UserError('The work on the second copy was interrupted.', {
    code: 'INTERRUPTED',
    hint: 'What was copied whole counts. Run it again: it goes on where it stopped.',
    exitCode: ExitCode.Interrupted,
    cause,
  })

/** Looks first that the disk is there that should be. @returns its label; empty: it needs none */
export async function presentLabel({ url, labels }: Target, { readDisk }: TargetTools): Promise<string> {
  const place = parsePlace(url)
  return place.kind === 'disk' ? requireDisk(place.path, labels, readDisk) : ''
}

const hasCa = ({ place, files }: Pick<Access, 'place' | 'files'>) => place.kind === 's3' && existsSync(files.ca)

/** What a room needs of a second copy, where `IN_ROOM` says. */
export function accessMounts({ place, files }: Pick<Access, 'place' | 'files'>): Mount[] {
  const bind = (source: string, target: string, readOnly = true): Mount => ({
    ...{ type: 'bind', source, target, readOnly },
  })
  return [
    bind(files.cache, CACHE, false),
    ...(existsSync(files.key) ? [bind(files.key, IN_ROOM.key)] : []),
    ...(place.kind === 'disk' ? [bind(place.path, IN_ROOM.disk, false)] : []),
    ...(place.kind === 's3' ? [bind(files.s3Credentials, IN_ROOM.s3Credentials)] : []),
    ...(hasCa({ place, files }) ? [bind(files.ca, IN_ROOM.ca)] : []),
    ...(place.kind === 'sftp' ? [bind(files.sshKey, IN_ROOM.sshKey), bind(files.knownHosts, IN_ROOM.knownHosts)] : []),
  ]
}
