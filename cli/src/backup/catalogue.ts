import { readFile } from 'node:fs/promises'
import { catalogueText, parseCatalogue } from '@domicile/backup/catalogue'
import type { Snapshot } from '@domicile/backup/snapshot'
import { writeDurably } from '@domicile/stacks/apply'
import { backupFolder } from './folder.ts'

/**
 * What snapshots an appliance has, oldest first; none while there is no catalogue.
 * @throws BackupRefusal CATALOGUE_BROKEN (unverified)
 */
export async function readCatalogue(appliance: string): Promise<Snapshot[]> {
  const text = await readFile(backupFolder(appliance).catalogue, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return parseCatalogue(text)
}

/** The whole catalogue at once: after a rebuild, or after several snapshots went. The caller holds the backup lock. */
export const writeCatalogue = (appliance: string, snapshots: readonly Snapshot[]): Promise<void> =>
  writeDurably({
    path: backupFolder(appliance).catalogue,
    content: catalogueText(snapshots),
    ...{ mode: 0o644, uid: 0, gid: 0 },
  })

/**
 * Adds, changes or removes one snapshot: `change` gets what is known of the run and gives what shall be, `undefined` for
 * nothing. The caller holds the backup lock: nothing else keeps two from writing at once.
 * @returns what is known of the run now
 */
export async function updateCatalogue(
  appliance: string,
  run: string,
  change: (known: Snapshot | undefined) => Snapshot | undefined,
): Promise<Snapshot | undefined> {
  const snapshots = await readCatalogue(appliance)
  const changed = change(snapshots.find((snapshot) => snapshot.run === run))
  const others = snapshots.filter((snapshot) => snapshot.run !== run)
  await writeCatalogue(appliance, changed ? [...others, changed] : others)
  return changed
}
