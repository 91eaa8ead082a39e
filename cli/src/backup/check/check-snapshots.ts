import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { Checked } from '@domicile/backup/archive'
import {
  markChecked,
  partDue,
  READ_PARTS,
  type Readings,
  readingsSchema,
  type Snapshot,
  withReading,
} from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, writeCatalogue } from '../catalogue.ts'
import { backupFolder } from '../folder.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import type { SnapshotTools } from '../snapshot/create-snapshot.ts'
import { hasLocks, requireArchive } from '../snapshot/preconditions.ts'
import { forgetDamage, writeDamage } from './damage-record.ts'

/** `next`: the seventh of the archive whose turn it is; `all`: every byte of it. */
export type HowMuch = 'next' | 'all'

export interface CheckResult {
  readonly read: HowMuch
  /** In words; empty: nothing was found. */
  readonly complaints: readonly string[]
  /** Runs that need something that is damaged. */
  readonly hit: readonly string[]
  readonly snapshots: readonly Snapshot[]
}

export const SUSPECT = 'SUSPECT'

/**
 * Reads the archive back. When something is damaged, the whole of it is read to see how far that goes, every snapshot that
 * needs what is damaged does not count any more, and the next backup writes anew what it still has.
 * @throws BackupRefusal NO_ARCHIVE (missing), ARCHIVE_KEY_WRONG (unverified), ARCHIVE_FAILED (failed); UserError LOCKED (8)
 */
export async function checkSnapshots(
  appliance: Appliance,
  how: HowMuch,
  { engine, signal, stage, now }: Pick<SnapshotTools, 'engine' | 'signal' | 'stage' | 'now'>,
): Promise<CheckResult> {
  const { name } = appliance
  return withBackupLock(name, 'backup verify', () =>
    onTrail(name, `backup verify (${how})`, now, async () => {
      await requireArchive(name)
      return withArchive(appliance, { service: 'backup-check', yields: true }, { engine, signal }, async (archive) => {
        if (await hasLocks(name)) await archive.unlock()
        let result: CheckResult | undefined
        await stage.show({ title: 'Read the archive back' }, async (say) => {
          result = await check(name, archive, how, now(), say)
        })
        return result as CheckResult
      })
    }),
  )
}

async function check(
  appliance: string,
  archive: Archive,
  how: HowMuch,
  now: Date,
  say: (text: string) => void,
): Promise<CheckResult> {
  const readings = await readReadings(appliance)
  const part = how === 'all' ? null : partDue(readings)
  const found = await archive.check(part === null ? 'all' : { part, of: READ_PARTS })
  const snapshots = await readCatalogue(appliance)
  if (isClean(found)) {
    const since = withReading(readings, part, now)
    const marked = markChecked(snapshots, since)
    await writeCatalogue(appliance, marked)
    await writeReadings(appliance, since)
    return { read: how, complaints: [], hit: [], snapshots: marked }
  }
  say('something is damaged; reading everything to see how far it goes')
  const whole = part === null ? found : await archive.check('all')
  const { hit, marked } = await markHit(appliance, archive, whole, snapshots, now)
  return { read: 'all', complaints: whole.complaints, hit, snapshots: marked }
}

export const isClean = ({ errors, complaints }: Checked): boolean => errors === 0 && complaints.length === 0

/**
 * Says of every snapshot that needs what is damaged that it does not count, and notes what the next backup must make good.
 * @returns all that are hit; `isNews`: some of it was not known before
 */
export async function markHit(
  appliance: string,
  archive: Archive,
  { brokenPacks }: Checked,
  snapshots: readonly Snapshot[],
  now: Date,
): Promise<{ hit: string[]; isNews: boolean; marked: Snapshot[] }> {
  // First of all: whatever happens from here on, nothing relies on what is damaged.
  await writeDamage(appliance, now, brokenPacks)
  await writeReadings(appliance, {})
  const hit = await hitBy(archive, brokenPacks, snapshots)
  const isNews =
    brokenPacks.length > 0 || snapshots.some(({ run, refused }) => refused !== SUSPECT && hit.includes(run))
  const marked = snapshots.map((snapshot) => {
    if (!hit.includes(snapshot.run)) return { ...snapshot, checkedAt: null }
    return { ...snapshot, refused: snapshot.refused ?? SUSPECT, checkedAt: null }
  })
  await writeCatalogue(appliance, marked)
  // What no backup can bring back is known by now, and goes when the policy lets it.
  if (!isNews) await forgetDamage(appliance)
  return { hit, isNews, marked }
}

async function hitBy(archive: Archive, packs: readonly string[], snapshots: readonly Snapshot[]): Promise<string[]> {
  // The engine cannot say it of a pack that was cut: then it may be any of them.
  const needing = await archive.needing(packs).catch(() => undefined)
  if (!needing) return snapshots.map(({ run }) => run)
  const hit: string[] = []
  for (const { run, parts } of snapshots) {
    const isHit = Object.values(parts).some((id) => needing.has(id)) || !isClean(await archive.check('structure', run))
    if (isHit) hit.push(run)
  }
  return hit
}

/** Of packs that a check named, those that are there: the others need no saving. */
export async function packsThere(appliance: string, packs: readonly string[]): Promise<string[]> {
  const there = new Set(
    await readdir(`${backupFolder(appliance).archive}/data`, { recursive: true }).then((paths) =>
      paths.map((path) => path.slice(path.lastIndexOf('/') + 1)),
    ),
  )
  return packs.filter((pack) => there.has(pack))
}

/** All was read back just now, without a fault in any pack: so were the snapshots that count. */
export async function markAllRead(appliance: string, snapshots: readonly Snapshot[], now: Date): Promise<void> {
  const readings = withReading({}, null, now)
  await writeCatalogue(appliance, markChecked(snapshots, readings))
  await writeReadings(appliance, readings)
}

const readingsPath = (appliance: string) => `${backupFolder(appliance).cache}/readings.json`

/** What cannot be read is as if nothing had been read back. */
export async function readReadings(appliance: string): Promise<Readings> {
  try {
    return readingsSchema.parse(JSON.parse(await readFile(readingsPath(appliance), 'utf8')))
  } catch {
    return {}
  }
}

const writeReadings = (appliance: string, readings: Readings) =>
  writeFile(readingsPath(appliance), JSON.stringify(readings), { mode: 0o600 })
