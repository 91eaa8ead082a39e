import { lstat, mkdir, statfs } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { failure, PATHS } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import { withArchive } from '../../archive-room.ts'
import { type FillTools, type Place, ROOMS } from '../fill.ts'

/** Where the folder of the file is, in the room. */
const TARGET = '/target'
/**
 * Whoever reads it reads everything. It is made anew (-C), so that a link that somebody puts in its place is not followed
 * to what else this room sees; of half a dump nothing stays.
 */
export const WRITE =
  'umask 077 && set -C && file=$1 && shift && exec 3> "$file" || exit 1; "$@" >&3 || { code=$?; rm -f -- "$file"; exit $code; }'

/**
 * Writes the dump of a snapshot into a file: plain SQL for psql and an empty database.
 * @returns its path
 * @throws BackupRefusal FILE_EXISTS, NO_ROOM (refused); what the archive engine failed with
 */
export async function writeDump(
  place: Place,
  { parts }: Pick<Snapshot, 'parts'>,
  { database }: Pick<Manifest, 'database'>,
  to: string,
  tools: FillTools,
): Promise<string> {
  const path = resolve(to)
  const folder = dirname(path)
  if (await exists(path)) throw taken(path)
  await mkdir(folder, { recursive: true })
  await requireFree(folder, database.dumpBytes)
  const mounts = [{ type: 'bind', source: folder, target: TARGET, readOnly: false } as const]
  const room = { service: ROOMS.read, mounts, capabilities: ['DAC_OVERRIDE'] }
  await withArchive(place, room, tools, async (archive, { exec }) => {
    const { command } = archive.readCommand(parts.database, PATHS.database)
    const { exitCode, stderr } = await exec(['sh', '-c', WRITE, 'sh', `${TARGET}/${basename(path)}`, ...command])
    if (exitCode !== 0) throw failure(exitCode, stderr, 'Writing the dump')
  })
  return path
}

/** Also a link that leads nowhere is something. */
export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** @throws BackupRefusal NO_ROOM */
export async function requireFree(folder: string, bytes: number): Promise<void> {
  const { bsize, bavail } = await statfs(folder)
  if (bsize * bavail > bytes * 1.05) return
  throw new BackupRefusal(
    `${folder} has ${Math.floor((bsize * bavail) / 2 ** 20)} MiB free; ${Math.ceil(bytes / 2 ** 20)} MiB are needed.`,
    { code: 'NO_ROOM', hint: 'Nothing was written. Name a place with more room.' },
  )
}

export const taken = (path: string) =>
  new BackupRefusal(`${path} is there already, and nothing is written over.`, {
    code: 'FILE_EXISTS',
    hint: 'Name another place, or move that away.',
  })
