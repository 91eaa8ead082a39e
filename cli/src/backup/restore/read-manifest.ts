import { createHash } from 'node:crypto'
import { PATHS } from '@domicile/backup/archive'
import { jsonOf } from '@domicile/backup/json'
import { BackupRefusal } from '@domicile/backup/refusal'
import { type Manifest, manifestSchema, type Snapshot } from '@domicile/backup/snapshot'
import type { Archive } from '../archive.ts'

/**
 * What a snapshot says of itself.
 * @throws BackupRefusal MANIFEST_WRONG when it is not the one that the catalogue knows, or cannot be understood
 */
export async function readManifest(
  archive: Archive,
  { run, parts, manifest }: Pick<Snapshot, 'run' | 'parts' | 'manifest'>,
): Promise<Manifest> {
  const text = await archive.readFile(parts.manifest, PATHS.manifest)
  const read = manifestSchema.safeParse(jsonOf(text))
  const digest = createHash('sha256').update(text).digest('hex')
  if (read.success && read.data.run === run && digest === manifest) return read.data
  throw new BackupRefusal(`The manifest of the snapshot ${run} is not the one that was written with it.`, {
    code: 'MANIFEST_WRONG',
    hint: 'Nothing was changed. Choose another snapshot (domicile backup list), and have the archive checked: domicile backup verify --all',
    kind: 'unverified',
  })
}
