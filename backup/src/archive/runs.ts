import { KINDS, type Kind, RUN_ID } from '../snapshot/index.ts'
import type { ArchiveSnapshot } from './messages.ts'

/** The engine's snapshots that make up one of ours, in the order in which they are made. */
export const PARTS = ['database', 'files', 'manifest'] as const
export type Part = (typeof PARTS)[number]

/** One of our snapshots as the archive has it. */
export interface Run {
  readonly run: string
  readonly kind: Kind
  readonly at: Date
  /** Why it is held; null: it is not. */
  readonly hold: string | null
  /** Why it does not count, as a code; null: it was whole and plausible when it was made. */
  readonly refused: string | null
  readonly parts: Readonly<Record<Part, string>>
  /** The ids under which they were made, as the manifest names them. */
  readonly originals: Readonly<Record<Part, string>>
  /** As stored, of all parts together. */
  readonly added: number
}

const HOLD = 'hold='
const REFUSED = 'refused='

/** Commas end a tag, and a reason may hold any character. */
export const holdTag = (reason: string): string => `${HOLD}${Buffer.from(reason).toString('base64url')}`

/** @param code why the snapshot does not count, for example `DUMP_TOO_SMALL` */
export const refusedTag = (code: string): string => `${REFUSED}${code}`

/** By these a part is known as ours: `runsOf` puts the parts of a run together again. */
export const tagsOf = (run: string, kind: Kind, part: Part): string[] => [`run=${run}`, `part=${part}`, `kind=${kind}`]

/** Whole runs, oldest first: those that have every part. A manifest is written last, so nothing half-made is among them. */
export function runsOf(snapshots: readonly ArchiveSnapshot[]): Run[] {
  return [...byRun(snapshots)].flatMap(([run, found]) => {
    const parts = Object.fromEntries(found.map(({ id, tags }) => [valueIn(tags, 'part='), id]))
    const { database, files, manifest } = parts
    const madeAs = (id: string) => found.find((one) => one.id === id)?.original ?? id
    const kind = KINDS.find((known) => known === valueIn(found[0]?.tags ?? [], 'kind='))
    const written = found.find(({ id }) => id === manifest)
    if (!database || !files || !manifest || !written || !kind) return []
    const hold = valueIn(written.tags, HOLD)
    return [
      {
        ...{ run, kind, at: written.at, parts: { database, files, manifest } },
        originals: { database: madeAs(database), files: madeAs(files), manifest: madeAs(manifest) },
        hold: hold === undefined ? null : Buffer.from(hold, 'base64url').toString(),
        refused: valueIn(written.tags, REFUSED) ?? null,
        added: found.reduce((sum, { added }) => sum + (added ?? 0), 0),
      },
    ]
  })
}

/**
 * Of runs of ours that came to no end: what may be forgotten. What does not carry our tags is somebody else's, and what has
 * every part is whole, also when a newer version made it for a reason that this one does not know.
 */
export function unfinishedParts(snapshots: readonly ArchiveSnapshot[]): string[] {
  return [...byRun(snapshots).values()].flatMap((found) => (isWhole(found) ? [] : found.map(({ id }) => id)))
}

const isWhole = (found: readonly ArchiveSnapshot[]) =>
  PARTS.every((part) => found.some(({ tags }) => valueIn(tags, 'part=') === part))

function byRun(snapshots: readonly ArchiveSnapshot[]): Map<string, ArchiveSnapshot[]> {
  const ours = snapshots.filter(({ tags }) => RUN_ID.test(valueIn(tags, 'run=') ?? ''))
  return Map.groupBy(ours, ({ tags }) => valueIn(tags, 'run=') ?? '')
}

const valueIn = (tags: readonly string[], key: string) => tags.find((one) => one.startsWith(key))?.slice(key.length)
