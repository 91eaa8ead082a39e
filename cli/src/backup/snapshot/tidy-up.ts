import { unfinishedParts } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { salvageCatalogue } from '../catalogue.ts'
import { backupFolder } from '../folder.ts'
import { rebuildCatalogue } from '../list/rebuild.ts'
import { hasArchive, hasLocks } from './preconditions.ts'

/**
 * Makes the archive when there is none, and otherwise takes out of it what runs left that were stopped half-way: their
 * locks, and their parts without a manifest. What they made and did not write down comes into the catalogue, and what is in
 * there no more goes out of it.
 * @throws BackupRefusal ARCHIVE_GONE (missing)
 */
export async function tidyUp(
  { name }: Pick<Appliance, 'name'>,
  archive: Archive,
  say: (text: string) => void,
): Promise<void> {
  if (!(await hasArchive(name))) {
    await refuseLostArchive(name)
    if (await archive.ensure()) say('Made a new backup archive.')
  }
  if (await hasLocks(name)) await archive.unlock()
  const found = await archive.list()
  const unfinished = unfinishedParts(found)
  if (unfinished.length > 0) {
    say(`Removing ${unfinished.length} parts of a snapshot that came to no end.`)
    await archive.forget(unfinished)
  }
  await rebuildCatalogue(name, archive, found)
}

/** A disk that is not mounted looks like an appliance that was never backed up; a new archive would hide what is on it. */
async function refuseLostArchive(appliance: string): Promise<void> {
  const known = await salvageCatalogue(appliance)
  if (known.length === 0) return
  const { archive, catalogue } = backupFolder(appliance)
  throw new BackupRefusal(`There were ${known.length} snapshots, and their archive is not in ${archive} any more.`, {
    code: 'ARCHIVE_GONE',
    hint: `Nothing was changed. When a disk is mounted there, see that it is. When the archive is lost for good, move ${catalogue} away and run it again: it begins a new one.`,
    kind: 'missing',
  })
}
