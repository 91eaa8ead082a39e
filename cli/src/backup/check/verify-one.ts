import { snapshotNamed } from '@domicile/backup/catalogue'
import type { Appliance } from '../../appliance/appliance.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue } from '../catalogue.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import type { SnapshotTools } from '../snapshot/create-snapshot.ts'
import { hasLocks, requireArchive } from '../snapshot/preconditions.ts'
import { isClean, markHit } from './check-snapshots.ts'

/**
 * Reads everything that one snapshot needs.
 * @param named run id, its beginning, or `latest`
 * @returns its run and what is wrong with it; empty: nothing
 * @throws BackupRefusal SNAPSHOT_UNKNOWN (missing), NO_ARCHIVE (missing), ARCHIVE_KEY_WRONG (unverified); UserError LOCKED (8)
 */
export async function verifyOne(
  appliance: Appliance,
  named: string,
  { engine, signal, stage, now }: Pick<SnapshotTools, 'engine' | 'signal' | 'stage' | 'now'>,
): Promise<{ run: string; complaints: readonly string[] }> {
  const { name } = appliance
  await requireArchive(name)
  const { run } = snapshotNamed(await readCatalogue(name), named)
  return withBackupLock(name, 'backup verify', () =>
    onTrail(name, `backup verify ${run}`, now, () =>
      withArchive(appliance, { service: 'backup-check' }, { engine, signal }, async (archive) => {
        if (await hasLocks(name)) await archive.unlock()
        let complaints: readonly string[] = []
        await stage.show({ title: `Read ${run} back` }, async () => {
          const found = await archive.check('all', run)
          if (isClean(found)) return
          await markHit(name, archive, found, await readCatalogue(name), now())
          complaints = found.complaints.length > 0 ? found.complaints : [`${found.errors} errors`]
        })
        return { run, complaints }
      }),
    ),
  )
}
