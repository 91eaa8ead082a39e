import { type Run, runsOf } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Manifest, Snapshot } from '@domicile/backup/snapshot'
import type { OpenRelease } from '@domicile/stacks/release'
import type { Archive } from '../archive.ts'
import { isOf, manifestOf, snapshotOf } from '../snapshot/snapshot-of.ts'

export interface Chosen {
  readonly run: Run
  readonly manifest: Manifest
}

/**
 * The snapshot that is meant, of those that are there whole and count.
 * @param wanted run id or the beginning of it; absent: the newest
 * @throws BackupRefusal SNAPSHOT_UNKNOWN, MANIFEST_WRONG
 */
export async function choose(copy: Archive, wanted: string | undefined): Promise<Chosen> {
  const all = runsOf(await copy.list())
  const good = all.filter(({ refused, kind }) => refused === null && (wanted !== undefined || kind !== 'pre-restore'))
  const run = good.findLast(({ run }) => wanted === undefined || run.startsWith(wanted))
  if (!run) throw unknown(wanted, all.length, good)
  const { manifest } = await manifestOf(copy, run)
  if (manifest && isOf(manifest, run)) return { run, manifest }
  throw new BackupRefusal(`The manifest of ${run.run} cannot be read, or is another one’s.`, {
    code: 'MANIFEST_WRONG',
    hint: `Choose another snapshot, for example ${good.at(-2)?.run ?? 'of another second copy'}.`,
    kind: 'unverified',
  })
}

/** The data belongs to the release that wrote it: name, version and the vendor’s own count of releases. @throws BackupRefusal RELEASE_OTHER */
export function requireRelease({ run, manifest }: Chosen, { manifest: given }: OpenRelease): void {
  const { name, version, sequence } = manifest.release
  if (name === given.name && version === given.version && sequence === given.sequence) return
  throw new BackupRefusal(
    `The snapshot ${run.run} is of ${name} ${version} (number ${sequence}); the release file is ${given.name} ${given.version} (number ${given.sequence}).`,
    {
      code: 'RELEASE_OTHER',
      hint: `Give the file of ${name} ${version}. The vendor has it. Upgrade afterwards, when the data is back.`,
    },
  )
}

/** The run as this host's own archive has it now, for the catalogue. */
export async function asHere(archive: Archive, run: string): Promise<Snapshot> {
  const here = runsOf(await archive.list()).find((one) => one.run === run)
  if (here) return snapshotOf(archive, here)
  throw new BackupRefusal(`The snapshot ${run} did not arrive whole.`, {
    code: 'SNAPSHOT_UNKNOWN',
    hint: 'Run the same command again; what has arrived is not fetched twice.',
    kind: 'failed',
  })
}

const unknown = (wanted: string | undefined, all: number, good: readonly Run[]) =>
  new BackupRefusal(
    wanted === undefined
      ? `There is no snapshot there that counts${all > 0 ? `, of ${all}` : ''}.`
      : `There is no snapshot “${wanted}” there that counts.`,
    {
      code: 'SNAPSHOT_UNKNOWN',
      hint:
        good.length > 0
          ? `There are: ${good
              .slice(-5)
              .map(({ run }) => run)
              .join(', ')}.`
          : 'Try another second copy.',
      kind: 'missing',
    },
  )
