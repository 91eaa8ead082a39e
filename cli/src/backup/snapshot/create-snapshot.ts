import { randomBytes } from 'node:crypto'
import { holdTag, refusedTag, type Source, tagsOf } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import { implausible, type Kind, runIdAt, type Snapshot, yardstick } from '@domicile/backup/snapshot'
import { removeOwnContainer, type Stage, type Timed } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, updateCatalogue } from '../catalogue.ts'
import { isClean, markHit, SUSPECT } from '../check/check-snapshots.ts'
import { readmitWhole, takeOutDamaged } from '../check/make-good.ts'
import type { Room, RoomTools } from '../room.ts'
import { DATABASE_ROOM, type DatabaseTaken, takeDatabase } from './database.ts'
import { countUnsettled, listDocuments, refuseUnreadable, writeFiles } from './documents.ts'
import { writeManifest } from './manifest.ts'
import { requireKey, requireRoomFor } from './preconditions.ts'
import { type DocumentVolume, documentVolumes, prepareStaging, sourceMounts } from './staging.ts'
import { tidyUp } from './tidy-up.ts'
import { type Watchdog, watchdog } from './watchdog.ts'

export interface SnapshotRequest {
  readonly kind: Kind
  /** Why it is kept whatever the policy says; null: the policy decides. */
  readonly hold: string | null
  /** A person knows why the dump is so much smaller than the last one; null: such a one does not count. */
  readonly acceptSmaller: string | null
}

export interface SnapshotTools extends RoomTools {
  readonly stage: Stage
  readonly say: (text: string) => void
  readonly now: () => Date
  /** Done in the same room when there is a snapshot that counts. */
  readonly after?: (archive: Archive, timed: ShowStep) => Promise<void>
}

export type ShowStep = <T>(title: string, work: (say: (text: string) => void) => Promise<T>) => Promise<T>

/** In which everything but the database is done. */
const ARCHIVE_ROOM = 'backup-archive'

/** What is being made, and with what. */
interface Making {
  readonly appliance: Appliance
  readonly request: SnapshotRequest
  readonly run: string
  readonly at: Date
  readonly before: readonly Snapshot[]
  readonly documents: readonly DocumentVolume[]
  readonly dog: Watchdog
  readonly timed: ShowStep
}

/**
 * One point for everything: database, documents, settings, secrets, licence. It is there when its manifest is, which is
 * written last; whatever stops it before leaves nothing that counts. The caller holds the backup lock.
 *
 * @returns the snapshot as the catalogue has it; with `refused` it is there and does not count
 * @throws BackupRefusal ARCHIVE_KEY_MISSING, NO_ROOM, DUMP_OTHER_MAJOR (refused), VOLUME_MISSING, DATABASE_REFUSED,
 * DISK_FULL, FILES_UNREADABLE, ARCHIVE_FAILED, ENGINE_STUCK (failed), ARCHIVE_KEY_WRONG, ARCHIVE_DAMAGED (unverified);
 * UserError INTERRUPTED (130), RELEASE_WITHOUT_BACKUP
 */
export async function createSnapshot(
  appliance: Appliance,
  request: SnapshotRequest,
  tools: SnapshotTools,
): Promise<{ snapshot: Snapshot; steps: Timed[] }> {
  const { name } = appliance
  const { engine, signal, stage, say, now } = tools
  const at = now()
  const steps: Timed[] = []
  const dog = watchdog(signal)
  const timed: ShowStep = async (title, work) => {
    signal.throwIfAborted()
    const began = performance.now()
    let result: Awaited<ReturnType<typeof work>> | undefined
    await stage.show({ title }, async (shown) => {
      result = await work(shown)
    })
    steps.push({ title, seconds: (performance.now() - began) / 1000 })
    return result as Awaited<ReturnType<typeof work>>
  }
  try {
    await requireKey(name)
    const documents = await documentVolumes(appliance)
    // What a killed run left at work in there would write on beside this one.
    await removeOwnContainer(engine, `${name}-${DATABASE_ROOM}-job`, name)
    const roles = await prepareStaging(name)
    const run = runIdAt(at, randomBytes(3).toString('hex'))
    const mounts = await sourceMounts(appliance, documents)
    const room = { service: ARCHIVE_ROOM, mounts, yields: true }
    const snapshot = await withArchive(appliance, room, { engine, signal: dog.signal }, async (archive, room) => {
      const wasDamaged = await timed('Look what is there', async () => {
        await tidyUp(appliance, archive, say)
        return takeOutDamaged(name, archive, say)
      })
      const before = await readCatalogue(name)
      await makeRoom(appliance, archive, await sizeOf(room), before, timed)
      const making: Making = { appliance, request, run, at, before, documents, dog, timed }
      const made = await make(making, archive, room, roles, tools)
      if (wasDamaged) {
        const whole = await timed('Read the archive back', () => readmitWhole(name, archive, now()))
        for (const { run } of whole) say(`The snapshot ${run} is whole again and counts.`)
      }
      if (made.refused === null) await tools.after?.(archive, timed)
      return made
    })
    return { snapshot, steps }
  } catch (error) {
    throw signal.aborted ? interrupted(error) : dog.signal.aborted ? dog.signal.reason : error
  }
}

/** Database first: an application that only adds documents has every one that its database speaks of. */
async function make(
  making: Making,
  archive: Archive,
  room: Room,
  roles: string,
  { engine, say }: SnapshotTools,
): Promise<Snapshot> {
  const { appliance, request, run, at, before, documents, dog, timed } = making
  const began = performance.now()
  const source = (part: 'database' | 'files' | 'manifest', more: readonly string[] = []): Source => ({
    ...{ host: appliance.name, at, tags: [...tagsOf(run, request.kind, part), ...more] },
  })
  const database = await timed('Dump the database and count what is in it', () =>
    takeDatabase(appliance, source('database'), roles, { engine }, dog),
  )
  for (const warning of database.warnings) say(`Warning: ${warning}`)
  const listed = await timed('List the documents', () => listDocuments(room, documents))
  const files = await timed('Copy documents, settings, secrets and licence', () =>
    writeFiles(archive, source('files'), dog),
  )
  const refused = judge(making, database, before)
  const manifest = await timed('Write the manifest', async () => {
    const unsettled = await countUnsettled(room, documents)
    await refuseUnreadable(room, files)
    const counted = listed.map((one) => ({ ...one, unsettled: unsettled.get(one.volume) ?? 0 }))
    const marks = [...(request.hold === null ? [] : [holdTag(request.hold)]), ...(refused ? [refusedTag(refused)] : [])]
    const parts = { database: database.dump.id, files: files.id }
    const content = { run, at, kind: request.kind, database, documents: counted, parts }
    return writeManifest(appliance, room, archive, content, source('manifest', marks))
  })
  const whole = await timed('Check the archive', () => isWhole(making, archive, say))
  const snapshot: Snapshot = {
    ...{ run, at: at.toISOString(), kind: request.kind, hold: request.hold },
    release: { name: appliance.state.release.name, version: appliance.state.release.version },
    parts: { database: database.dump.id, files: files.id, manifest: manifest.id },
    manifest: manifest.digest,
    bytes: {
      dump: database.dump.bytes,
      documents: listed.reduce((sum, { bytes }) => sum + bytes, 0),
      added: database.dump.added + files.added + manifest.added,
    },
    seconds: (performance.now() - began) / 1000,
    ...{ refused: whole ? refused : SUSPECT, checkedAt: null, provenAt: null },
  }
  await updateCatalogue(appliance.name, run, () => snapshot)
  return snapshot
}

function judge({ request }: Making, { content, dump }: DatabaseTaken, before: readonly Snapshot[]): string | null {
  if (request.acceptSmaller !== null) return null
  return implausible({ tables: content.tables.length, dumpBytes: dump.bytes }, yardstick(before))
}

/** Only of this one: that others are damaged is known and said elsewhere, or will be. */
async function isWhole(
  { appliance, run, at }: Making,
  archive: Archive,
  say: (text: string) => void,
): Promise<boolean> {
  const found = await archive.check('structure')
  if (isClean(found)) return true
  const own = await archive.check('structure', run)
  const { hit, isNews } = await markHit(appliance.name, archive, found, await readCatalogue(appliance.name), at)
  if (isNews) say(`Warning: the archive is damaged. Not to be relied on any more: ${hit.join(', ') || 'nothing older'}`)
  return isClean(own)
}

/** What failed nights left in the archive is given back first: otherwise a disk that was full once would stay so. */
async function makeRoom(
  appliance: Appliance,
  archive: Archive,
  documentBytes: number,
  before: readonly Snapshot[],
  timed: ShowStep,
): Promise<void> {
  try {
    await requireRoomFor(appliance, documentBytes, before)
  } catch (error) {
    if (!(error instanceof BackupRefusal) || error.code !== 'NO_ROOM') throw error
    await timed('Give room back to the disk', () => archive.prune())
    await requireRoomFor(appliance, documentBytes, before)
  }
}

const sizeOf = async (room: Room): Promise<number> => {
  const { stdout } = await room.exec(['du', '--summarize', '--bytes', '/snapshot/documents'])
  return Number.parseInt(stdout, 10) || 0
}

const interrupted = (cause: unknown) =>
  new UserError('The backup was interrupted.', {
    code: 'INTERRUPTED',
    hint: 'Nothing half-made counts, and the next one cleans up. Run it again.',
    exitCode: ExitCode.Interrupted,
    cause,
  })
