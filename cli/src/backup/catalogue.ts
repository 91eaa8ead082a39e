import { readFile } from 'node:fs/promises'
import { catalogueText, parseCatalogue, readableIn } from '@domicile/backup/catalogue'
import type { Snapshot } from '@domicile/backup/snapshot'
import { writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { backupFolder } from './folder.ts'

/**
 * What snapshots an appliance has, oldest first; none while there is no catalogue.
 * @throws BackupRefusal CATALOGUE_BROKEN (unverified); UserError NOT_ROOT (3)
 */
export const readCatalogue = async (appliance: string): Promise<Snapshot[]> => parseCatalogue(await textOf(appliance))

/** What can still be read of a catalogue that is broken: for who makes it anew from the archive, and nobody else. */
export const salvageCatalogue = async (appliance: string): Promise<Snapshot[]> => readableIn(await textOf(appliance))

const textOf = (appliance: string) =>
  readFile(backupFolder(appliance).catalogue, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error.code === 'EACCES' ? notRoot() : error
  })

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

const notRoot = () =>
  new UserError('The backups of an appliance are root’s, and so is the list of them.', {
    code: 'NOT_ROOT',
    hint: 'Run it with sudo.',
    exitCode: ExitCode.Refused,
  })
