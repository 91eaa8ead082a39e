import * as z from 'zod/mini'
import { jsonOf } from '../json.ts'
import { BackupRefusal } from '../refusal.ts'

/** What the engine prints, checked. It is a program of somebody else's: what it says more than this is passed over. */

const count = z.int().check(z.nonnegative())
const id = z.string().check(z.regex(/^[0-9a-f]{64}$/))

const status = z.object({
  message_type: z.literal('status'),
  percent_done: z._default(z.number(), 0),
  files_done: z._default(count, 0),
  bytes_done: z._default(count, 0),
})
const error = z.object({
  message_type: z.literal('error'),
  error: z.object({ message: z.string() }),
  item: z._default(z.string(), ''),
})
const exitError = z.object({ message_type: z.literal('exit_error'), code: z.int(), message: z.string() })
const backupSummary = z.object({
  message_type: z.literal('summary'),
  snapshot_id: id,
  total_files_processed: count,
  total_bytes_processed: count,
  data_added: count,
  data_added_packed: count,
  total_duration: z.number(),
})

export interface Status {
  readonly type: 'status'
  /** 0 to 1. */
  readonly done: number
  readonly files: number
  readonly bytes: number
}

/** Bytes; `added` as they are stored, compressed and encrypted. */
export interface BackupSummary {
  readonly type: 'summary'
  readonly id: string
  readonly files: number
  readonly bytes: number
  readonly added: number
  readonly seconds: number
}

export type Message =
  | Status
  | BackupSummary
  | { readonly type: 'error'; readonly message: string; readonly item: string }
  | { readonly type: 'exit'; readonly code: number; readonly message: string }

const messages = z.discriminatedUnion('message_type', [status, error, exitError, backupSummary])

/** A line of `--json`; undefined: nothing that concerns us. */
export function messageOf(line: string): Message | undefined {
  const read = messages.safeParse(jsonOf(line))
  if (!read.success) return undefined
  const said = read.data
  switch (said.message_type) {
    case 'status':
      return { type: 'status', done: said.percent_done, files: said.files_done, bytes: said.bytes_done }
    case 'error':
      return { type: 'error', message: said.error.message, item: said.item }
    case 'exit_error':
      return { type: 'exit', code: said.code, message: said.message }
    case 'summary':
      return {
        type: 'summary',
        id: said.snapshot_id,
        files: said.total_files_processed,
        bytes: said.total_bytes_processed,
        added: said.data_added_packed,
        seconds: said.total_duration,
      }
  }
}

export interface ArchiveSnapshot {
  readonly id: string
  /** The id that it was made under: one that was copied, or whose tags were changed, has another one since. */
  readonly original: string
  readonly at: Date
  readonly host: string
  readonly tags: readonly string[]
  readonly paths: readonly string[]
  /** What was read, and what of it was new, as stored; null: it does not say. */
  readonly bytes: number | null
  readonly added: number | null
}

const snapshot = z.object({
  id,
  original: z.optional(z.nullable(id)),
  time: z.string(),
  hostname: z._default(z.string(), ''),
  tags: z.optional(z.nullable(z.array(z.string()))),
  paths: z._default(z.array(z.string()), []),
  summary: z.optional(z.object({ total_bytes_processed: count, data_added_packed: z.optional(count) })),
})

/** What `snapshots --json` printed, oldest first. @throws BackupRefusal ARCHIVE_UNREADABLE */
export function snapshotsOf(text: string): ArchiveSnapshot[] {
  const read = z.nullable(z.array(snapshot)).safeParse(jsonOf(text))
  if (!read.success) throw unreadable(text)
  return (read.data ?? [])
    .map(({ id, original, time, hostname, tags, paths, summary }) => ({
      ...{ id, original: original ?? id, at: new Date(time), host: hostname, tags: tags ?? [], paths },
      ...{ bytes: summary?.total_bytes_processed ?? null, added: summary?.data_added_packed ?? null },
    }))
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}

export interface Checked {
  readonly errors: number
  readonly brokenPacks: readonly string[]
  readonly complaints: readonly string[]
}

const checked = z.object({
  message_type: z.literal('summary'),
  num_errors: count,
  broken_packs: z.nullable(z.array(z.string())),
})

const complaint = z.object({ message_type: z.literal('error'), message: z.string() })

/** What `check --json` printed; null when it came to no end of its own. */
export function checkedOf(text: string): Checked | null {
  const lines = text.split('\n').map(jsonOf)
  const complaints = lines.flatMap((line) => {
    const read = complaint.safeParse(line)
    // Its advice, which comes the same way, is for whoever works with it directly.
    return read.success && !/^\n|^restic |^Damaged pack files can /.test(read.data.message)
      ? [read.data.message.trim()]
      : []
  })
  for (const line of lines) {
    const read = checked.safeParse(line)
    if (read.success) return { errors: read.data.num_errors, brokenPacks: read.data.broken_packs ?? [], complaints }
  }
  return null
}

/** Ids of the snapshots that `find --json` named. Its answer is long, a document for each piece of each file. */
export const hitBy = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/"snapshot":"([0-9a-f]{64})"/g)].map(([, id]) => id ?? ''))

const changed = z.object({ message_type: z.literal('changed'), new_snapshot_id: id })

/** The id that a snapshot got by `tag`; undefined: it had these tags already and keeps its id. */
export function retagged(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const read = changed.safeParse(jsonOf(line))
    if (read.success) return read.data.new_snapshot_id
  }
  return undefined
}

const unreadable = (text: string) =>
  new BackupRefusal(`The backup engine gave no list of its snapshots: ${text.slice(0, 300)}`, {
    code: 'ARCHIVE_UNREADABLE',
    hint: 'Nothing was changed. Run it again; when it stays so, run `domicile backup verify --all`.',
    kind: 'failed',
  })
