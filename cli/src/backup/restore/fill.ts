import { mkdir, rm } from 'node:fs/promises'
import { exactly, PATHS, partPath } from '@domicile/backup/archive'
import type { Volumes } from '@domicile/backup/restore'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { removeOwnContainer } from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { INSIDE } from '../drill/place.ts'
import { backupFolder } from '../folder.ts'
import { type Room, type RoomTools, withRoom } from '../room.ts'
import { withSidePostgres } from '../side-postgres.ts'
import { loadDump } from './load-database.ts'

export interface FillTools extends RoomTools {
  say(text: string): void
}

/** Of an appliance that need not run: on a new host there is none yet. */
export type Place = Pick<Appliance, 'name' | 'state' | 'blueprint' | 'stack'>

/** Fills a new, empty volume with a whole cluster and leaves it shut down. One implementation for each way back. */
export type FillPostgres = (volume: string, tools: FillTools) => Promise<void>

/** Where PostgreSQL keeps everything. */
export const postgresData = (volume: string): Mount => ({
  ...{ type: 'volume', source: volume, target: '/var/lib/postgresql', readOnly: false },
})

/** Names of the rooms of a restore; one of each at a time. */
export const ROOMS = { read: 'restore-read', database: 'restore-database', documents: 'restore-documents' } as const

/** What a killed run left at work: it holds volumes that are to be filled anew or removed. */
export async function clearRooms(appliance: string, engine: DockerEngine): Promise<void> {
  for (const service of [...Object.values(ROOMS), 'restore-point-in-time'])
    await removeOwnContainer(engine, `${appliance}-${service}-job`, appliance)
}

/** As the database is in a snapshot: a new cluster, and the dump loaded into it from the archive. */
export const fillFromSnapshot =
  (place: Place, { parts }: Pick<Snapshot, 'parts'>): FillPostgres =>
  (volume, tools) =>
    withArchive(place, { service: ROOMS.read }, tools, (archive) =>
      withSidePostgres(place, { service: ROOMS.database, data: postgresData(volume) }, tools, async (room) => {
        tools.say('loading the dump')
        const from = archive.readCommand(parts.database, PATHS.database)
        await loadDump(from, room.container, place.blueprint.database, tools)
      }),
    )

/** Who puts files back gives them to their owners. */
export const TO_GIVE = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID']

/** Puts documents into new volumes, with owners, modes and times. @param volumes the engine's, by name in the stack */
export async function fillDocuments(
  place: Place,
  { parts }: Pick<Snapshot, 'parts'>,
  { documents }: Pick<Manifest, 'documents'>,
  volumes: Volumes,
  tools: FillTools,
): Promise<void> {
  if (documents.length === 0) return
  const paths = documents.map(({ volume }) => partPath('documents', volume))
  await withDocuments(place, documents, volumes, { capabilities: TO_GIVE, readOnly: false }, tools, (archive) =>
    archive.restoreFiles(parts.files, paths.map(exactly), INSIDE, ({ done, files }) =>
      tools.say(`${files} files, ${Math.round(done * 100)} %`),
    ),
  )
}

/** Where the documents of the running side are, for who reads both. */
const RUNNING = '/running'

/** What was written between the two, with its folders; what is in the way is replaced. */
const COPY_LATER = `set -euo pipefail
cd "$1"
find . \\( -type f -o -type l \\) -newermt "$3" ! -newermt "$4" -print0 | xargs -0 -r cp --archive --parents --target-directory="$2" --`

/**
 * The snapshot's documents are older than the instant that the database is put back to: what was written between the two
 * comes from the running side, as far as it is still there as it was then.
 */
export async function addLaterDocuments(
  place: Place,
  documents: Manifest['documents'],
  { from, to }: { from: Volumes; to: Volumes },
  { since, until }: { since: string; until: string },
  tools: FillTools,
): Promise<void> {
  const mount = (source: string, target: string, readOnly: boolean): Mount => ({
    ...{ type: 'volume', source, target, readOnly },
  })
  for (const { volume } of documents) {
    const running = from[volume] ?? ''
    if (!(await tools.engine.findVolume(running))) continue
    const mounts = [mount(running, RUNNING, true), mount(to[volume] ?? '', INSIDE, false)]
    const room = { service: ROOMS.documents, role: 'backup', network: 'none', user: '0', mounts } as const
    await withRoom(place, { ...room, capabilities: ['DAC_READ_SEARCH', ...TO_GIVE] }, tools, async ({ exec }) => {
      const { exitCode, stderr } = await exec(['bash', '-c', COPY_LATER, 'bash', RUNNING, INSIDE, since, until])
      if (exitCode !== 0) throw notCopied(volume, stderr)
    })
  }
}

const notCopied = (volume: string, said: string) =>
  new UserError(
    `Documents of ${volume} that are newer than the snapshot could not be copied: ${said.trim().slice(-500)}`,
    {
      code: 'DOCUMENTS_NOT_COPIED',
      hint: 'What runs was not touched. See whether there is room (df -h), then run it again.',
    },
  )

/**
 * A room with the archive and, below `INSIDE`, volumes in the places that their documents have in a snapshot; what else is
 * put there is gone afterwards.
 */
export async function withDocuments<T>(
  place: Place,
  documents: Manifest['documents'],
  volumes: Volumes,
  { capabilities, readOnly }: { capabilities: readonly string[]; readOnly: boolean },
  tools: FillTools,
  work: (archive: Archive, room: Room) => Promise<T>,
): Promise<T> {
  const scratch = `${backupFolder(place.name).root}/restore`
  const mounts: Mount[] = [
    { type: 'bind', source: scratch, target: INSIDE, readOnly: false },
    ...documents.map(
      ({ volume }): Mount => ({
        ...{
          type: 'volume',
          source: volumes[volume] ?? '',
          target: `${INSIDE}${partPath('documents', volume)}`,
          readOnly,
        },
      }),
    ),
  ]
  await mkdir(`${scratch}/lists`, { recursive: true, mode: 0o700 })
  try {
    return await withArchive(place, { service: ROOMS.documents, mounts, capabilities }, tools, work)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
