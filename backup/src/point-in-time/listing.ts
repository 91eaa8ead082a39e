import * as z from 'zod/mini'
import { BackupRefusal } from '../refusal.ts'
import { segmentOf } from './wal.ts'

/** A segment as it lies in the repository. */
export interface Archived {
  /** As info names the archive of one database: `17-1`. */
  readonly archive: string
  readonly timeline: number
  readonly position: number
  /** When it was archived: nothing that was committed later is in it. */
  readonly at: Date
}

export interface Listing {
  /** By archive, timeline and position. */
  readonly segments: readonly Archived[]
  /** Of everything in the repository. */
  readonly bytes: number
}

const entry = z.object({ type: z.string(), size: z.optional(z.number()), time: z.optional(z.number()) })
const ARCHIVED = /^archive\/[^/]+\/(?<archive>\d+-\d+)\/[0-9A-F]{16}\/(?<name>[0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/

/**
 * @param json what `repo-ls --recurse --output=json` printed of the whole repository
 * @throws BackupRefusal POINT_IN_TIME_UNREADABLE (failed) when it is something else
 */
export function parseListing(json: string): Listing {
  const entries = Object.entries(parsed(json))
  const segments = entries.flatMap(([path, { time = 0 }]): Archived[] => {
    const { archive, name } = ARCHIVED.exec(path)?.groups ?? {}
    const segment = name && segmentOf(name)
    return segment && archive ? [{ archive, ...segment, at: new Date(time * 1000) }] : []
  })
  return {
    segments: segments.toSorted(
      (a, b) => a.archive.localeCompare(b.archive) || a.timeline - b.timeline || a.position - b.position,
    ),
    bytes: entries.reduce((sum, [, { size = 0 }]) => sum + size, 0),
  }
}

function parsed(json: string): Record<string, z.infer<typeof entry>> {
  try {
    return z.record(z.string(), entry).parse(JSON.parse(json))
  } catch (cause) {
    throw unreadable('list of its files', json, cause)
  }
}

/** POINT_IN_TIME_UNREADABLE (failed). @param what should have come @param said what came instead */
export const unreadable = (what: string, said: string, cause: unknown) =>
  new BackupRefusal(`pgBackRest gave no ${what}: ${said.trim().slice(0, 500) || 'it said nothing'}`, {
    code: 'POINT_IN_TIME_UNREADABLE',
    hint: 'Look whether its disk is there and its key is the right one: domicile backup point-in-time status',
    kind: 'failed',
    cause,
  })
