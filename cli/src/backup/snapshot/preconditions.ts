import { readdir, stat, statfs } from 'node:fs/promises'
import { BackupRefusal } from '@domicile/backup/refusal'
import { roomNeeded, type Snapshot, yardstick } from '@domicile/backup/snapshot'
import { sql } from '@domicile/stacks/apply'
import type { Appliance } from '../../appliance/appliance.ts'
import { postgresOf } from '../../appliance/postgres.ts'
import { backupFolder } from '../folder.ts'

/** @throws BackupRefusal ARCHIVE_KEY_MISSING (refused): a new key would be one more thing to lose, and open nothing */
export async function requireKey(appliance: string): Promise<void> {
  const { archiveKey } = backupFolder(appliance)
  const found = await stat(archiveKey).catch(() => undefined)
  if (found?.isFile() && found.size > 0) return
  throw new BackupRefusal(`The key of the backup archive is missing: ${archiveKey}`, {
    code: 'ARCHIVE_KEY_MISSING',
    hint: 'Nothing was changed. The key is on the recovery sheet: write it into that file (mode 0400), then run it again.',
  })
}

/**
 * Whether a snapshot will find room, by what the last ones took.
 * @throws BackupRefusal NO_ROOM (refused), DATABASE_REFUSED
 */
export async function requireRoomFor(
  appliance: Appliance,
  documentBytes: number,
  before: readonly Snapshot[],
): Promise<void> {
  const { blueprint, engine, name } = appliance
  const question = `SELECT pg_database_size('${blueprint.database.name.replaceAll("'", "''")}');`
  const databaseBytes = Number((await sql(engine, postgresOf(blueprint), 'postgres', question)).trim())
  const needed = roomNeeded({ databaseBytes, documentBytes }, yardstick(before))
  const { bavail, bsize } = await statfs(backupFolder(name).archive)
  if (bavail * bsize < needed) throw noRoom(needed, bavail * bsize, backupFolder(name).archive)
}

/** Cheaper than asking the engine, which thinks half a second about the key each time. */
export const hasLocks = async (appliance: string): Promise<boolean> =>
  (await readdir(`${backupFolder(appliance).archive}/locks`).catch(() => [])).length > 0

export const hasArchive = async (appliance: string): Promise<boolean> =>
  stat(`${backupFolder(appliance).archive}/config`).then(
    () => true,
    () => false,
  )

const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`

const noRoom = (needed: number, free: number, where: string) =>
  new BackupRefusal(`A snapshot may take ${mib(needed)} in ${where}, of which ${mib(free)} are free.`, {
    code: 'NO_ROOM',
    hint: 'Nothing was changed. Make room there (df -h), or mount a larger disk at that folder and move what is in it.',
  })

/** @throws BackupRefusal NO_ARCHIVE (missing) */
export async function requireArchive(appliance: string): Promise<void> {
  if (await hasArchive(appliance)) return
  throw new BackupRefusal(`There is no backup archive in ${backupFolder(appliance).archive} yet.`, {
    code: 'NO_ARCHIVE',
    hint: 'When a disk is mounted there, see that it is. Otherwise make the first snapshot: `domicile backup create`.',
    kind: 'missing',
  })
}
