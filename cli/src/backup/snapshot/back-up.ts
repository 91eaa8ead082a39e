import { readFile, writeFile } from 'node:fs/promises'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Timed } from '@domicile/stacks/apply'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { backupFolder } from '../folder.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import { retain } from '../retention/retain.ts'
import { createSnapshot, type ShowStep, type SnapshotRequest, type SnapshotTools } from './create-snapshot.ts'

export interface BackedUp {
  readonly snapshot: Snapshot
  /** What the policy did not keep any more. */
  readonly removed: readonly Snapshot[]
  readonly steps: readonly Timed[]
}

const PRUNED_EVERY_MS = 7 * 86_400_000

/**
 * A night's work, and what a person does by hand: a snapshot, and then the removal of what the policy no longer keeps. When
 * the snapshot does not count, nothing is removed.
 * @throws what `createSnapshot` throws; BackupRefusal RETENTION_FAILED (failed): the snapshot is there and counts;
 * UserError LOCKED (8)
 */
export async function backUp(appliance: Appliance, request: SnapshotRequest, tools: SnapshotTools): Promise<BackedUp> {
  const what = `backup create (${request.kind})${request.acceptSmaller === null ? '' : `, smaller because: ${request.acceptSmaller}`}`
  return withBackupLock(appliance.name, what, () =>
    onTrail(appliance.name, what, tools.now, async () => {
      let removed: readonly Snapshot[] = []
      let failure: unknown
      const after = async (archive: Archive, timed: ShowStep) => {
        try {
          removed = await timed('Remove what the policy no longer keeps', () => retain(appliance, archive, tools.now()))
          await pruneWeekly(appliance.name, archive, timed, tools.now())
        } catch (error) {
          tools.signal.throwIfAborted()
          failure = error
        }
      }
      const { snapshot, steps } = await createSnapshot(appliance, request, { ...tools, after })
      if (failure !== undefined) throw retentionFailed(snapshot, failure)
      return { snapshot, removed, steps }
    }),
  )
}

/** What removed snapshots alone held is given back to the disk once a week: that rewrites packs, and the rest can wait. */
async function pruneWeekly(appliance: string, archive: Archive, timed: ShowStep, now: Date): Promise<void> {
  const memory = `${backupFolder(appliance).cache}/pruned`
  const last = Date.parse(await readFile(memory, 'utf8').catch(() => ''))
  if (Number.isNaN(last)) return writeFile(memory, now.toISOString(), { mode: 0o600 })
  if (now.getTime() - last < PRUNED_EVERY_MS && now.getTime() >= last) return
  await timed('Give room back to the disk', () => archive.prune())
  await writeFile(memory, now.toISOString(), { mode: 0o600 })
}

function retentionFailed({ run }: Snapshot, cause: unknown): BackupRefusal {
  const { message, hint } = cause as { message: string; hint?: string }
  return new BackupRefusal(`The snapshot ${run} was made and counts, but old ones could not be removed: ${message}`, {
    code: 'RETENTION_FAILED',
    hint: hint ?? 'They stay and take room. The next backup tries again.',
    kind: 'failed',
    cause,
  })
}
