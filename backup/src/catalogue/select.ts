import { BackupRefusal } from '../refusal.ts'
import type { Snapshot } from '../snapshot/index.ts'
import { inOrder } from './text.ts'

/** `latest`, a run id or the beginning of one; or the newest of that instant or before. */
export type Selector = { readonly name: string } | { readonly at: Date }

/**
 * The snapshot that is meant, in whatever order they come.
 * @throws BackupRefusal SNAPSHOT_UNKNOWN (missing), SNAPSHOT_AMBIGUOUS (usage)
 */
export const findSnapshot = (snapshots: readonly Snapshot[], selector: Selector): Snapshot =>
  'at' in selector ? snapshotBefore(snapshots, selector.at) : snapshotNamed(snapshots, selector.name)

/** The newest that counts and is not younger than `at`. @throws BackupRefusal SNAPSHOT_UNKNOWN (missing) */
function snapshotBefore(snapshots: readonly Snapshot[], at: Date): Snapshot {
  const good = inOrder(snapshots).filter(({ refused }) => refused === null)
  const found = good.findLast((snapshot) => Date.parse(snapshot.at) <= at.getTime())
  if (found) return found
  const [oldest] = good
  throw unknown(
    `There is no snapshot of ${at.toISOString()} or before.`,
    oldest ? `The oldest is ${oldest.run}, of ${oldest.at}.` : 'There is none at all yet: `domicile backup create`.',
  )
}

/**
 * `latest` is the newest one that counts; a run id may also name one that was refused.
 * @throws BackupRefusal SNAPSHOT_UNKNOWN (missing), SNAPSHOT_AMBIGUOUS (usage)
 */
export function snapshotNamed(snapshots: readonly Snapshot[], name: string): Snapshot {
  if (name === 'latest') {
    const latest = inOrder(snapshots).findLast(({ refused }) => refused === null)
    if (latest) return latest
    throw unknown('There is no snapshot yet that counts.', 'Make one: `domicile backup create`.')
  }
  const meant = name === '' ? [] : snapshots.filter(({ run }) => run === name || run.startsWith(name))
  const [found, other] = meant
  if (found && !other) return found
  if (!found) throw unknown(`There is no snapshot “${name}”.`, 'See which there are: `domicile backup list`.')
  throw new BackupRefusal(`“${name}” is the beginning of ${meant.length} snapshots: ${names(meant)}.`, {
    code: 'SNAPSHOT_AMBIGUOUS',
    hint: 'Give more of it.',
    kind: 'usage',
  })
}

const names = (meant: readonly Snapshot[]) => {
  const [first, second, third] = meant
  const shown = [first, second, third].flatMap((one) => (one ? [one.run] : []))
  return meant.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ')
}

const unknown = (message: string, hint: string) =>
  new BackupRefusal(message, { code: 'SNAPSHOT_UNKNOWN', hint, kind: 'missing' })
