import { unfinishedParts } from '@domicile/backup/archive'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { rebuildCatalogue } from '../list/rebuild.ts'
import { hasArchive, hasLocks } from './preconditions.ts'

/**
 * Makes the archive when there is none, and otherwise takes out of it what runs left that were stopped half-way: their
 * locks, and their parts without a manifest. What they made and did not write down comes into the catalogue, and what is in
 * there no more goes out of it.
 */
export async function tidyUp(
  { name }: Pick<Appliance, 'name'>,
  archive: Archive,
  say: (text: string) => void,
): Promise<void> {
  if (!(await hasArchive(name)) && (await archive.ensure())) say('Made a new backup archive.')
  if (await hasLocks(name)) await archive.unlock()
  const found = await archive.list()
  const unfinished = unfinishedParts(found)
  if (unfinished.length > 0) {
    say(`Removing ${unfinished.length} parts of a snapshot that came to no end.`)
    await archive.forget(unfinished)
  }
  await rebuildCatalogue(name, archive, found)
}
