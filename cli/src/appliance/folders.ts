import { existsSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { layoutOf } from '@domicile/stacks/plan'
import { backupFolder } from '../backup/folder.ts'
import { hasBackups } from '../backup/kept.ts'
import { ETC, LIB } from './records.ts'

/** Everything of an appliance that is in folders of ours, its backups too. */
export async function removeFolders(name: string): Promise<void> {
  const { lib, etc } = layoutOf(name)
  await rm(etc, { recursive: true, force: true })
  await rm(lib, { recursive: true, force: true })
  for (const parent of [LIB, ETC]) if (existsSync(parent)) await rmdir(parent).catch(() => undefined)
}

/** Where something was backed up, that stays with the keys to it: a later installation under the same name finds it again. */
export async function removeButBackups(name: string): Promise<void> {
  if (!(await hasBackups(name))) return removeFolders(name)
  const [{ lib, etc }, { archiveKey, pointInTimeKey }] = [layoutOf(name), backupFolder(name)]
  await removeBut(
    join(lib, 'secrets'),
    [archiveKey, pointInTimeKey].map((path) => basename(path)),
  )
  await removeBut(lib, ['secrets', 'backup'])
  await rm(etc, { recursive: true, force: true })
  await rmdir(ETC).catch(() => undefined)
}

/** Whatever else is in a folder goes. */
export async function removeBut(folder: string, kept: readonly string[]): Promise<void> {
  for (const entry of existsSync(folder) ? await readdir(folder) : []) {
    if (!kept.includes(entry)) await rm(join(folder, entry), { recursive: true, force: true })
  }
}
