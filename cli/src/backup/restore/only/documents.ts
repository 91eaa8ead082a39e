import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, posix, resolve } from 'node:path'
import { exactly, PATHS, partPath } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { withArchive } from '../../archive-room.ts'
import { INSIDE } from '../../drill/place.ts'
import { type FillTools, type Place, ROOMS, TO_GIVE } from '../fill.ts'
import { exists, requireFree, taken } from './database.ts'

/**
 * Puts single documents, or folders of them, into a folder of their own, below the names of their volumes.
 * @param paths `VOLUME/PATH`; where there is one volume, its name may be left away; none: everything
 * @returns what is there now, below `to`
 * @throws BackupRefusal DOCUMENT_UNKNOWN (missing), FILE_EXISTS, NO_ROOM (refused), USAGE
 */
export async function takeDocuments(
  place: Place,
  { parts }: Pick<Snapshot, 'parts'>,
  { documents }: Pick<Manifest, 'documents'>,
  paths: readonly string[],
  to: string,
  tools: FillTools,
): Promise<string[]> {
  const volumes = documents.map(({ volume }) => volume)
  const wanted = paths.length > 0 ? paths.map((path) => placeOf(path, volumes)) : volumes.map((volume) => `${volume}`)
  const folder = resolve(to)
  if ((await exists(folder)) && (await readdir(folder)).length > 0) throw taken(folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (paths.length === 0)
    await requireFree(
      folder,
      documents.reduce((sum, { bytes }) => sum + bytes, 0),
    )
  const mounts = [{ type: 'bind', source: folder, target: INSIDE, readOnly: false } as const]
  await withArchive(place, { service: ROOMS.documents, mounts, capabilities: TO_GIVE }, tools, (archive) =>
    archive.restoreFiles(
      parts.files,
      wanted.map((path) => exactly(partPath('documents', path))),
      INSIDE,
    ),
  )
  // The engine gives what it restores the whole path of the snapshot.
  const restored = join(folder, PATHS.documents)
  for (const volume of await readdir(restored).catch(() => []))
    await rename(join(restored, volume), join(folder, volume))
  await rm(join(folder, PATHS.files), { recursive: true, force: true })
  const missing: string[] = []
  for (const path of wanted) if (!(await exists(join(folder, path)))) missing.push(path)
  if (missing.length > 0) throw unknown(missing)
  return wanted
}

/** @throws BackupRefusal USAGE for what leads out of its volume */
export function placeOf(path: string, volumes: readonly string[]): string {
  const clean = posix.normalize(path).replace(/^\/+|\/+$/g, '')
  const [first = ''] = clean.split('/')
  if (first === '..' || clean === '.' || clean === '') throw usage(path)
  if (volumes.includes(first)) return clean
  const [only, ...others] = volumes
  if (only !== undefined && others.length === 0) return `${only}/${clean}`
  throw new BackupRefusal(
    `“${path}” does not begin with the name of a volume: ${volumes.join(', ') || 'there is none'}.`,
    {
      code: 'DOCUMENT_UNKNOWN',
      hint: 'Write it as VOLUME/PATH.',
      kind: 'missing',
    },
  )
}

const usage = (path: string) =>
  new BackupRefusal(`“${path}” is no path of a document.`, {
    code: 'USAGE',
    hint: 'Write it as VOLUME/PATH, as it is in the volume.',
    kind: 'usage',
  })

const unknown = (missing: readonly string[]) =>
  new BackupRefusal(
    `The snapshot does not hold ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}.`,
    {
      code: 'DOCUMENT_UNKNOWN',
      hint: 'What else was named is there. An older snapshot may hold it: domicile backup list',
      kind: 'missing',
    },
  )
