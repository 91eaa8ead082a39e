import { mkdir, rm } from 'node:fs/promises'
import { exactly, PATHS, partPath } from '@domicile/backup/archive'
import type { Volumes } from '@domicile/backup/restore'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import type { Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { INSIDE } from '../drill/place.ts'
import { backupFolder } from '../folder.ts'
import type { Room, RoomTools } from '../room.ts'
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

/** As the database is in a snapshot: a new cluster, and the dump loaded into it from the archive. */
export const fillFromSnapshot =
  (place: Place, { parts }: Pick<Snapshot, 'parts'>): FillPostgres =>
  (volume, tools) =>
    withArchive(place, { service: 'restore-read' }, tools, (archive) =>
      withSidePostgres(place, { service: 'restore-database', data: postgresData(volume) }, tools, async (room) => {
        tools.say('loading the dump')
        const from = archive.readCommand(parts.database, PATHS.database)
        await loadDump(from, room.container, place.blueprint.database, tools)
      }),
    )

/** Who puts files back gives them to their owners. */
const TO_GIVE = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID']

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
    return await withArchive(place, { service: 'restore-documents', mounts, capabilities }, tools, work)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
