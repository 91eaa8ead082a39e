import { BackupRefusal } from '../refusal.ts'
import type { Manifest } from '../snapshot/index.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** A new cluster before anything is in it. */
const CLUSTER_BYTES = 64 * MIB
/** Indexes that are built anew sort on the disk, and PostgreSQL reserves files ahead of what it writes. */
const BUILDING = 0.2
/** What the server beside may have in its WAL: it is told so. */
const MOST_WAL_BYTES = 2 * GIB
/** A file takes whole blocks, and its entry. */
const PER_FILE_BYTES = 8192
/** Free afterwards, however little was needed: people go on working. */
const LEFT_FREE_BYTES = 512 * MIB

/** On a machine with two slow cores, where no drill has measured it. */
const BYTES_PER_SECOND = 25 * MIB
/** Making a cluster, starting containers, becoming healthy. */
const AROUND_SECONDS = 20

/** What an earlier restore of this appliance took. */
export interface Measured {
  /** Of the dump and of all documents. */
  readonly bytes: number
  readonly seconds: number
}

export interface Forecast {
  /** All of it must be free before it begins: nothing that runs is removed first. */
  readonly bytes: {
    readonly database: number
    readonly documents: number
    readonly wal: number
    readonly total: number
  }
  readonly seconds: number
  /** Whether the seconds come from what was measured here; else from what is usual. */
  readonly measured: boolean
}

/** What restoring a snapshot will take. @param measured by drills, oldest first; the last three count */
export function forecast(
  { database, documents }: Pick<Manifest, 'database' | 'documents'>,
  measured: readonly Measured[],
): Forecast {
  const documentBytes = documents.reduce((sum, { bytes, files }) => sum + bytes + files * PER_FILE_BYTES, 0)
  const databaseBytes = Math.ceil(CLUSTER_BYTES + database.bytes * (1 + BUILDING))
  const wal = Math.min(MOST_WAL_BYTES, 64 * MIB + database.bytes)
  const moved = database.dumpBytes + documents.reduce((sum, { bytes }) => sum + bytes, 0)
  const recent = measured.slice(-3).filter(({ bytes, seconds }) => bytes > 0 && seconds > 0)
  const slowest = Math.max(...recent.map(({ bytes, seconds }) => Math.max(0, seconds - AROUND_SECONDS) / bytes))
  const perByte = recent.length > 0 ? slowest : 1 / BYTES_PER_SECOND
  return {
    bytes: { database: databaseBytes, documents: documentBytes, wal, total: databaseBytes + documentBytes + wal },
    seconds: Math.ceil(AROUND_SECONDS + moved * perByte),
    measured: recent.length > 0,
  }
}

/** @param free bytes where volumes are; @throws BackupRefusal NO_ROOM */
export function requireSpace({ bytes }: Forecast, free: number): void {
  if (free >= bytes.total + LEFT_FREE_BYTES) return
  const missing = bytes.total + LEFT_FREE_BYTES - free
  throw new BackupRefusal(
    `Restoring beside what runs needs ${gib(bytes.total)} (database ${gib(bytes.database)}, its log ${gib(bytes.wal)}, documents ${gib(bytes.documents)}), and ${gib(LEFT_FREE_BYTES)} are to stay free; free are ${gib(free)}.`,
    {
      code: 'NO_ROOM',
      hint: `Nothing was changed. Make room for ${gib(missing)} more, or restore onto another host.`,
    },
  )
}

const gib = (bytes: number) => (bytes >= GIB / 10 ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.ceil(bytes / MIB)} MiB`)
