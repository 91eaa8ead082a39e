import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { PATHS, type Source, version } from '@domicile/backup/archive'
import type { Kind, Manifest } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import type { Archive, Backed } from '../archive.ts'
import type { Room } from '../room.ts'
import type { DatabaseTaken } from './database.ts'
import { STAGING, stagingFolder } from './staging.ts'

export interface ManifestContent {
  readonly run: string
  readonly at: Date
  readonly kind: Kind
  readonly database: DatabaseTaken
  readonly documents: Manifest['documents']
  readonly parts: Manifest['parts']
}

/** Writes down what is in a snapshot, and with that makes it one. @returns what was written; its SHA-256 */
export async function writeManifest(
  { name, state, blueprint }: Appliance,
  room: Room,
  archive: Archive,
  { run, at, kind, database, documents, parts }: ManifestContent,
  source: Source,
): Promise<Backed & { digest: string }> {
  const { moment, content, dump, invariants } = database
  const manifest: Manifest = {
    ...{ format: 1, run, at: at.toISOString(), kind, appliance: name },
    release: {
      ...{ name: state.release.name, version: state.release.version },
      ...{ date: state.release.date, sequence: state.release.sequence },
    },
    database: {
      ...{ name: blueprint.database.name, version: moment.version, bytes: moment.bytes, dumpBytes: dump.bytes },
      ...content,
    },
    invariants: { ...invariants },
    documents,
    parts,
    engines: { archive: await archiveEngine(room), dump: database.engine },
  }
  const text = `${JSON.stringify(manifest, null, 1)}\n`
  await writeFile(`${stagingFolder(name)}/manifest${PATHS.manifest}`, text, { mode: 0o600 })
  const written = await archive.backupPaths(source, ['.'], { from: STAGING.manifest })
  return { ...written, digest: createHash('sha256').update(text).digest('hex') }
}

async function archiveEngine(room: Room): Promise<string> {
  const { stdout } = await room.exec(version())
  return stdout.split(' ').slice(0, 2).join(' ').trim()
}
