import { policy } from '@domicile/backup/policy'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { readCatalogue, writeCatalogue } from '../catalogue.ts'
import { policyInForce } from '../list/policy-in-force.ts'
import { isPinned } from './pin.ts'

/**
 * Removes what the policy no longer keeps, by the ids of all its parts, looks whether it is gone, and only then takes it out
 * of the catalogue. To be called after a snapshot that counts, and only then; the caller holds the backup lock.
 * @returns the runs that went
 * @throws BackupRefusal FORGET_REFUSED, ARCHIVE_FAILED (failed)
 */
export async function retain(appliance: Appliance, archive: Archive, now: Date): Promise<readonly Snapshot[]> {
  const terms = await policyInForce(appliance)
  // The contract may want more than what is known without it.
  if (terms.contract === 'unknown') return []
  const snapshots = await readCatalogue(appliance.name)
  const goes = new Set(
    policy(snapshots, now, terms)
      .filter(({ keep }) => !keep)
      .map(({ run }) => run),
  )
  const going = snapshots.filter(({ run }) => goes.has(run) && !isPinned(appliance.name, run))
  if (going.length === 0) return []
  const parts = going.flatMap(({ parts: { manifest, files, database } }) => [manifest, files, database])
  await archive.forget(parts)
  const gone = new Set(going.map(({ run }) => run))
  await writeCatalogue(
    appliance.name,
    snapshots.filter(({ run }) => !gone.has(run)),
  )
  return going
}
