import {
  commands,
  type Gap,
  gapsIn,
  type Info,
  parseVerify,
  reaches,
  SEGMENT_BYTES,
  type Span,
  windowOf,
} from '@domicile/backup/point-in-time'
import { BackupRefusal } from '@domicile/backup/refusal'
import { sql } from '@domicile/stacks/apply'
import { postgresOf } from '../../appliance/postgres.ts'
import type { RoomTools } from '../room.ts'
import { readGap } from './base.ts'
import { type Place, type Run, readInfo, readListing, requirePointInTime, withReader } from './engine.ts'
import { lateShipping, readShipping } from './shipping.ts'
import { pointInTimeOn } from './wanted.ts'

export interface PointInTimeStatus {
  readonly on: boolean
  /** Instants one can go back to, oldest first; usually one span. Empty: none. */
  readonly window: readonly Span[]
  /** Of the whole repository. */
  readonly bytes: number
  readonly lastBase: { readonly label: string; readonly type: Info['bases'][number]['type']; readonly at: Date } | null
  /** WAL that waits to be archived; null: PostgreSQL does not run. */
  readonly waiting: { readonly files: number; readonly bytes: number } | null
  /** When WAL was last taken, and last refused; null: never since PostgreSQL started to count. */
  readonly archivedAt: Date | null
  readonly refusedAt: Date | null
  /** What is wrong, worst first; empty: nothing. */
  readonly findings: readonly Finding[]
}

export interface Finding {
  readonly code:
    | 'UNREADABLE'
    | 'NOT_ARCHIVING'
    | 'NO_BASE'
    | 'GAP'
    | 'LET_GO'
    | 'BASE_DAMAGED'
    | 'DAMAGED'
    | 'COPY_BEHIND'
  readonly message: string
  readonly hint: string
}

/** How it stands. Reads only; what cannot be read is a finding, not an error. */
export async function pointInTimeStatus(place: Place, tools: RoomTools): Promise<PointInTimeStatus> {
  requirePointInTime(place)
  return withReader(place, tools, (run) => statusBy(place, run, tools))
}

/**
 * As `pointInTimeStatus`, and reads everything in the repository back: each file of each base, each segment of WAL.
 * Segments are also counted, because the engine misses none that it is not shown.
 */
export async function checkPointInTime(place: Place, tools: RoomTools): Promise<PointInTimeStatus> {
  return withReader(place, tools, async (run) => {
    const status = await statusBy(place, run, tools, 'all')
    if (status.findings.some(({ code }) => code === 'UNREADABLE')) return status
    const { exitCode, stdout, stderr } = await run(commands.verify())
    const { problems } = parseVerify(`${stdout}\n${stderr}`, exitCode)
    const found = problems.map((problem): Finding => {
      return { code: 'DAMAGED', message: `The repository is damaged: ${problem}`, hint: ANEW }
    })
    return { ...status, findings: [...found, ...status.findings] }
  })
}

const ANEW = 'Begin anew, from a whole copy: domicile backup point-in-time base --full'

/** @param gaps `open`: those that no later base has made good, which somebody should do something about */
async function statusBy(
  place: Place,
  run: Run,
  { engine }: RoomTools,
  gaps: 'open' | 'all' = 'open',
): Promise<PointInTimeStatus> {
  const on = pointInTimeOn(place.wanted)
  const server = await askServer(place, engine)
  try {
    const info = await readInfo(run)
    const listing = await readListing(run)
    const found = reaches(info, listing)
    const last = info.bases.at(-1)
    const lost = await readGap(run)
    const refused = (await run(REFUSING)).exitCode === 0
    return {
      ...{
        on,
        ...server,
        window: upToNow(windowOf(found), on && server.waiting !== null && !refused),
        bytes: listing.bytes,
      },
      lastBase: last ? { label: last.label, type: last.type, at: last.stop } : null,
      findings: [
        ...(info.problem ? [unreadable(info.problem)] : []),
        ...(on ? archivingFindings({ ...server, refused }, info, lost) : []),
        ...gapsIn(info, listing)
          .filter(({ over }) => gaps === 'all' || !over)
          .map(gapFinding),
        ...(on ? await behind(place.name) : []),
        ...info.bases.filter(({ damaged }) => damaged).map(({ label }) => damagedPages(label)),
      ],
    }
  } catch (error) {
    if (!(error instanceof BackupRefusal) && (error as { code?: string }).code !== 'POINT_IN_TIME_FAILED') throw error
    const findings = [
      unreadable((error as Error).message),
      ...(on ? archivingFindings({ ...server, refused: true }, undefined, '') : []),
    ]
    return { on, ...server, window: [], bytes: 0, lastBase: null, findings }
  }
}

/** What a PostgreSQL that runs has not given away yet it is made to give away before one goes back. */
function upToNow(spans: readonly Span[], live: boolean): readonly Span[] {
  const last = spans.at(-1)
  const now = new Date()
  return live && last && now > last.to ? [...spans.slice(0, -1), { from: last.from, to: now }] : spans
}

type Server = Pick<PointInTimeStatus, 'waiting' | 'archivedAt' | 'refusedAt'>

const ASK = `select json_build_object(
  'files', (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'),
  'archived', extract(epoch from last_archived_time), 'refused', extract(epoch from last_failed_time))
  from pg_stat_archiver`

async function askServer(place: Place, engine: RoomTools['engine']): Promise<Server> {
  const text = await sql(engine, postgresOf(place.blueprint), 'postgres', ASK).catch(() => undefined)
  if (text === undefined) return { waiting: null, archivedAt: null, refusedAt: null }
  const { files, archived, refused } = JSON.parse(text) as Record<string, number | null>
  const at = (seconds: number | null | undefined) => (seconds ? new Date(seconds * 1000) : null)
  return {
    waiting: { files: files ?? 0, bytes: (files ?? 0) * SEGMENT_BYTES },
    archivedAt: at(archived),
    refusedAt: at(refused),
  }
}

/** Is there while the repository refuses what it is given: `archive-wal` puts it there. */
const REFUSING = ['test', '-e', '/run/postgresql/archiving-fails']

function archivingFindings(
  { waiting, refused }: Pick<Server, 'waiting'> & { refused: boolean },
  info: Info | undefined,
  lost: string,
): Finding[] {
  return [
    ...(lost
      ? [
          {
            code: 'LET_GO' as const,
            message: `The repository took nothing for so long that changes were let go, so that the application goes on. One cannot go back to moments from then until the next base. First: ${lost.split('\n')[0]}`,
            hint: 'See to its disk, then begin anew: domicile backup point-in-time base',
          },
        ]
      : []),
    ...(refused && waiting && waiting.files > 0
      ? [
          {
            code: 'NOT_ARCHIVING' as const,
            message: `The repository takes no changes; ${waiting.files} files of WAL wait (${Math.round(waiting.bytes / 2 ** 20)} MiB).`,
            hint: 'Look whether its disk is there and has room (df -h), and what is said: domicile logs postgres',
          },
        ]
      : []),
    ...(info && info.problem === '' && info.bases.length === 0
      ? [
          {
            code: 'NO_BASE' as const,
            message: 'There is no base yet: one cannot go back to any moment.',
            hint: 'The night makes one, or now: domicile backup point-in-time base',
          },
        ]
      : []),
  ]
}

const unreadable = (why: string): Finding => ({
  code: 'UNREADABLE',
  message: `The repository cannot be read: ${why}`,
  hint: 'Look whether its disk is there, and whether the key is the one on the recovery sheet.',
})

const gapFinding = ({ first, last, after, before }: Gap): Finding => ({
  code: 'GAP',
  message: `WAL ${first === last ? `${first} is` : `from ${first} to ${last} is`} missing: one cannot go back to moments between ${after.toISOString()} and ${before.toISOString()}, nor from there to the next base.`,
  hint: 'A base makes moments from then on reachable: domicile backup point-in-time base',
})

/** Only root may see what second copies there are; who may not look does not know. */
async function behind(appliance: string): Promise<Finding[]> {
  const shipping = await readShipping(appliance).catch(() => [])
  return lateShipping(shipping, new Date()).map(({ target, why }) => ({
    code: 'COPY_BEHIND',
    message: `The second copy “${target}” of the changes is ${why}.`,
    hint: `See that it is reachable: domicile backup target test ${target}. The next backup starts what copies anew.`,
  }))
}

const damagedPages = (label: string): Finding => ({
  code: 'BASE_DAMAGED',
  message: `Pages of the database had wrong checksums when the base ${label} was made.`,
  hint: 'The disk under the database may be dying. Make a snapshot now (domicile backup create) and look at the disk.',
})
