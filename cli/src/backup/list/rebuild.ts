import { type ArchiveSnapshot, runsOf } from '@domicile/backup/archive'
import { ARCHIVE } from '@domicile/backup/proof'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { salvageCatalogue, writeCatalogue } from '../catalogue.ts'
import { SUSPECT } from '../check/check-snapshots.ts'
import { readDamage } from '../check/damage-record.ts'
import { withBackupLock } from '../lock.ts'
import { checkProofs, readProofs } from '../report/read-proofs.ts'
import type { RoomTools } from '../room.ts'
import { snapshotOf } from '../snapshot/snapshot-of.ts'

export interface Rebuilt {
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[]
  /** Runs that the catalogue did not know, and runs that it knew and that are no more. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Makes the catalogue say what is in the archive: what it did not know comes in, what is no more goes out, and of what it
 * knows it keeps what only trying tells, that a snapshot was read back, was proven, or was found damaged. A catalogue that is
 * broken, or gone, is made anew. The caller holds the backup lock.
 * @throws BackupRefusal ARCHIVE_FAILED (failed)
 */
export async function rebuildCatalogue(
  appliance: string,
  archive: Archive,
  found?: readonly ArchiveSnapshot[],
): Promise<Rebuilt> {
  const runs = runsOf(found ?? (await archive.list()))
  const before = await salvageCatalogue(appliance)
  const known = new Map(before.map((snapshot) => [snapshot.run, snapshot]))
  const damaged = (await readDamage(appliance)) !== undefined
  const snapshots: Snapshot[] = []
  for (const run of runs) {
    const one = known.get(run.run)
    // Being held changes the archive first, and a part's id with it.
    snapshots.push(
      one ? { ...one, hold: run.hold, parts: run.parts } : asFound(await snapshotOf(archive, run), damaged),
    )
  }
  await writeCatalogue(appliance, snapshots)
  const there = new Set(runs.map(({ run }) => run))
  return {
    snapshots,
    added: snapshots.flatMap(({ run }) => (known.has(run) ? [] : [run])),
    removed: before.flatMap(({ run }) => (there.has(run) ? [] : [run])),
  }
}

/**
 * What damage hits is written in the catalogue alone. While there is some, what the catalogue does not know does not count;
 * the next backup reads everything back, and has whole ones count again.
 */
export const asFound = (snapshot: Snapshot, damaged: boolean): Snapshot =>
  damaged ? { ...snapshot, refused: snapshot.refused ?? SUSPECT } : snapshot

/**
 * As above, alone, and what was proven is taken from the proofs that the agent keeps: those are signed, the catalogue is not.
 * @throws UserError LOCKED (8), RELEASE_WITHOUT_BACKUP; BackupRefusal ARCHIVE_KEY_WRONG, ARCHIVE_FAILED
 */
export async function refreshCatalogue(appliance: Appliance, tools: RoomTools): Promise<Rebuilt> {
  const { name } = appliance
  return withBackupLock(name, 'backup list --refresh', () =>
    withArchive(appliance, { service: 'backup-archive' }, tools, async (archive) => {
      const rebuilt = await rebuildCatalogue(name, archive)
      const proven = await provenRuns(appliance)
      const snapshots = rebuilt.snapshots.map((one) => {
        const proof = proven.get(one.run)
        const counts = proof?.manifest === one.manifest && one.provenAt === null && one.refused === null
        return counts ? { ...one, provenAt: proof.at } : one
      })
      await writeCatalogue(name, snapshots)
      return { ...rebuilt, snapshots }
    }),
  )
}

/** Runs that were restored from the archive and found equal, with when that was; none while the agent does not answer. */
async function provenRuns({ blueprint }: Appliance): Promise<Map<string, { at: string; manifest: string }>> {
  const agent = agentOf(blueprint.layout.lib)
  const { texts, installation } = await readProofs(agent).catch(() => ({ texts: [], installation: null }))
  if (installation === null) return new Map()
  const { proofs } = checkProofs(texts, installation)
  return new Map(
    proofs
      .filter(({ verdict, from }) => verdict === 'proven' && from === ARCHIVE)
      .map(({ run, at, manifest }) => [run, { at, manifest }]),
  )
}
