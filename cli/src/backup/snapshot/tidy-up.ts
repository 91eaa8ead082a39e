import { runsOf, unfinishedParts } from '@domicile/backup/archive'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { readCatalogue, writeCatalogue } from '../catalogue.ts'
import { hasArchive, hasLocks } from './preconditions.ts'
import { snapshotOf } from './snapshot-of.ts'

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
  const runs = runsOf(found)
  const known = await readCatalogue(name)
  const there = new Set(runs.map(({ run }) => run))
  const kept = known.filter(({ run }) => there.has(run))
  const missing = runs.filter(({ run }) => !known.some((one) => one.run === run))
  const added = []
  for (const run of missing) added.push(await snapshotOf(archive, run))
  if (kept.length < known.length || added.length > 0) await writeCatalogue(name, [...kept, ...added])
}
