import * as z from 'zod/mini'
import { unreadable } from './listing.ts'
import { plain } from './verify.ts'
import { segmentOf } from './wal.ts'

/** One base backup: together with the WAL from it on, any instant after `stop`. */
export interface Base {
  /** pgBackRest's name for it: `20261122-125947F`, `20261122-125947F_20261122-130014I`. */
  readonly label: string
  readonly type: 'full' | 'diff' | 'incr'
  /** As in the listing: `17-1`. */
  readonly archive: string
  readonly timeline: number
  /** The first and the last segment without which it cannot be restored, as positions. */
  readonly first: number
  readonly last: number
  readonly start: Date
  readonly stop: Date
  /** Pages of the database whose checksums were wrong when it was made. */
  readonly damaged: boolean
  /** By how many bytes the repository grew. */
  readonly bytes: number
}

export interface Info {
  /** Whether the repository knows this database at all. */
  readonly known: boolean
  /** What pgBackRest says is wrong; empty when nothing is. */
  readonly problem: string
  /** PostgreSQL's own number of the cluster whose WAL is taken, 64 bits as decimal digits; null: unknown. */
  readonly cluster: string | null
  /** A base is being made, now. */
  readonly busy: boolean
  /** Oldest first. */
  readonly bases: readonly Base[]
}

const backupSchema = z.object({
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  archive: z.object({ start: z.nullable(z.string()), stop: z.nullable(z.string()) }),
  database: z.object({ id: z.int() }),
  timestamp: z.object({ start: z.int(), stop: z.int() }),
  error: z._default(z.nullable(z.boolean()), false),
  info: z.object({ repository: z.object({ delta: z._default(z.int(), 0) }) }),
})
const infoSchema = z.array(
  z.object({
    name: z.string(),
    repo: z._default(z.array(z.object({ status: z.object({ code: z.int(), message: z.string() }) })), []),
    status: z.object({
      code: z.int(),
      message: z.string(),
      lock: z.optional(z.object({ backup: z.object({ held: z.boolean() }) })),
    }),
    archive: z._default(z.array(z.object({ id: z.string(), database: z.object({ id: z.int() }) })), []),
    backup: z._default(z.array(backupSchema), []),
    db: z._default(z.array(z.object({ id: z.int(), 'system-id': z.string() })), []),
  }),
)

/** `status.code` of pgBackRest: there is no backup yet, but everything else is in order. */
const NO_BACKUP = 2
/** More digits than a number of JavaScript has. */
const LONG_NUMBER = /("system-id":\s*)(\d+)/g
/** No stanza, in one place of its answer or the other. */
const MISSING = [1, 3]

/**
 * @param json what `info --output=json` printed
 * @throws BackupRefusal POINT_IN_TIME_UNREADABLE (failed) when it is something else
 */
export function parseInfo(json: string): Info {
  const [stanza] = parsed(json)
  if (!stanza || MISSING.includes(stanza.status.code))
    return { known: false, problem: '', cluster: null, busy: false, bases: [] }
  const { code, message, lock } = stanza.status
  const [repository] = stanza.repo
  const archives = new Map(stanza.archive.map(({ id, database }) => [database.id, id]))
  return {
    known: true,
    problem: code === 0 || code === NO_BACKUP ? '' : plain(repository?.status.message.split('\n')[0] || message),
    cluster: stanza.db.toSorted((a, b) => a.id - b.id).at(-1)?.['system-id'] ?? null,
    busy: lock?.backup.held ?? false,
    bases: stanza.backup
      .flatMap((backup) => baseOf(backup, archives))
      .toSorted((a, b) => a.stop.getTime() - b.stop.getTime() || a.label.localeCompare(b.label)),
  }
}

function baseOf(backup: z.infer<typeof backupSchema>, archives: ReadonlyMap<number, string>): Base[] {
  const archive = archives.get(backup.database.id)
  const first = segmentOf(backup.archive.start ?? '')
  const last = segmentOf(backup.archive.stop ?? '')
  // Made without WAL: nothing can be restored from it.
  if (!archive || !first || !last) return []
  return [
    {
      label: backup.label,
      type: backup.type,
      archive,
      timeline: last.timeline,
      first: first.position,
      last: last.position,
      start: new Date(backup.timestamp.start * 1000),
      stop: new Date(backup.timestamp.stop * 1000),
      damaged: backup.error ?? false,
      bytes: backup.info.repository.delta,
    },
  ]
}

function parsed(json: string): z.infer<typeof infoSchema> {
  try {
    // With a wrong key it quotes what that makes of a file, control characters and all.
    return infoSchema.parse(JSON.parse(json.replaceAll(/\p{Cc}/gu, ' ').replaceAll(LONG_NUMBER, '$1"$2"')))
  } catch (cause) {
    throw unreadable('account of itself', json, cause)
  }
}
