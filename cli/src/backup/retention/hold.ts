import { holdTag } from '@domicile/backup/archive'
import { snapshotNamed } from '@domicile/backup/catalogue'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, updateCatalogue } from '../catalogue.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import type { RoomTools } from '../room.ts'

/**
 * Keeps a snapshot whatever the policy says, or leaves it to the policy again. It is written into the archive, so that it
 * outlives the catalogue, and by that its manifest gets another id there.
 * @param named run id, its beginning, or `latest`; @param reason null: not held any more
 * @throws BackupRefusal SNAPSHOT_UNKNOWN (missing), ARCHIVE_FAILED (failed); UserError LOCKED (8)
 */
export async function setHold(
  appliance: Appliance,
  named: string,
  reason: string | null,
  tools: RoomTools & { readonly now: () => Date },
): Promise<{ changed: boolean; snapshot: Snapshot }> {
  const { name } = appliance
  return withBackupLock(name, 'backup hold', async () => {
    const snapshot = snapshotNamed(await readCatalogue(name), named)
    if (snapshot.hold === reason) return { changed: false, snapshot }
    const what = reason === null ? `backup release ${snapshot.run}` : `backup hold ${snapshot.run}: ${reason}`
    return onTrail(name, what, tools.now, async () => {
      const manifest = await withArchive(appliance, { service: 'backup-archive' }, tools, (archive) =>
        archive.tag(snapshot.parts.manifest, {
          add: reason === null ? [] : [holdTag(reason)],
          remove: snapshot.hold === null ? [] : [holdTag(snapshot.hold)],
        }),
      )
      const held = { ...snapshot, hold: reason, parts: { ...snapshot.parts, manifest } }
      await updateCatalogue(name, snapshot.run, () => held)
      return { changed: true, snapshot: held }
    })
  })
}
