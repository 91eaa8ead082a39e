import { createHash } from 'node:crypto'
import { PATHS, type Run } from '@domicile/backup/archive'
import { type Manifest, manifestSchema, type Snapshot } from '@domicile/backup/snapshot'
import type { Archive } from '../archive.ts'

/** What the manifest of a run says, as text and as data; data undefined: it is none. */
export async function manifestOf(archive: Archive, { parts }: Pick<Run, 'parts'>) {
  const text = await archive.readFile(parts.manifest, PATHS.manifest)
  return { text, manifest: read(text) }
}

/** Whether a manifest is that of a run and was written with the very parts that are there. */
export const isOf = (
  manifest: Pick<Manifest, 'run' | 'parts'> | undefined,
  { run, originals }: Pick<Run, 'run' | 'originals'>,
): boolean =>
  manifest?.run === run && manifest.parts.database === originals.database && manifest.parts.files === originals.files

/**
 * A run of the archive, as the catalogue has it: for one that was never written down, and for a catalogue that is made anew.
 * What is only known from trying it, that it was checked or proven, is not in the archive.
 */
export async function snapshotOf(archive: Archive, run: Run): Promise<Snapshot> {
  const { text, manifest } = await manifestOf(archive, run)
  return {
    ...{ run: run.run, at: manifest?.at ?? run.at.toISOString(), kind: run.kind, hold: run.hold, parts: run.parts },
    release: { name: manifest?.release.name ?? '', version: manifest?.release.version ?? '' },
    manifest: createHash('sha256').update(text).digest('hex'),
    bytes: {
      dump: manifest?.database.dumpBytes ?? 0,
      documents: manifest?.documents.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0,
      added: run.added,
    },
    seconds: 0,
    refused: isOf(manifest, run) ? run.refused : 'MANIFEST_BROKEN',
    ...{ checkedAt: null, provenAt: null },
  }
}

function read(text: string): Manifest | undefined {
  try {
    const read = manifestSchema.safeParse(JSON.parse(text))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
