import type { Snapshot } from '@domicile/backup/snapshot'
import type { Archive } from '../archive.ts'
import { readCatalogue } from '../catalogue.ts'
import { isClean, markAllRead, markHit, packsThere, SUSPECT } from './check-snapshots.ts'
import { forgetDamage, readDamage } from './damage-record.ts'
import { damaged } from './damaged.ts'

/**
 * Before a backup: what is damaged must not be taken for there. Otherwise the new snapshot would lean on it, and be as
 * damaged as the old ones.
 * @returns whether there was anything
 */
export async function takeOutDamaged(
  appliance: string,
  archive: Archive,
  say: (text: string) => void,
): Promise<boolean> {
  const damage = await readDamage(appliance)
  if (!damage) return false
  say('The archive was found damaged: taking out what cannot be read, so that it is written anew.')
  await archive.repair(await packsThere(appliance, damage.packs))
  return true
}

/**
 * After a backup over a damaged archive: everything is read, and snapshots that are whole again, because the new one brought
 * what they lacked, count again.
 */
export async function readmitWhole(appliance: string, archive: Archive, now: Date): Promise<readonly Snapshot[]> {
  const read = await archive.check('all')
  const snapshots = await readCatalogue(appliance)
  if (read.brokenPacks.length > 0) {
    await markHit(appliance, archive, read, snapshots, now)
    throw damaged(read.complaints)
  }
  const readmitted: Snapshot[] = []
  for (const snapshot of snapshots.filter(({ refused }) => refused === SUSPECT)) {
    if (isClean(await archive.check('structure', snapshot.run))) readmitted.push({ ...snapshot, refused: null })
  }
  const again = new Map(readmitted.map((one) => [one.run, one]))
  await markAllRead(
    appliance,
    snapshots.map((one) => again.get(one.run) ?? one),
    now,
  )
  await forgetDamage(appliance)
  return readmitted
}
