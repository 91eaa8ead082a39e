import { type Difference, differenceText } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import { UserError } from '@domicile/stacks/kernel'

/** Something for which a snapshot is not proven. */
export interface Problem {
  readonly code: string
  /** For a person. */
  readonly text: string
}

/** What of it says that the host, and not the snapshot, is at fault. */
const OF_THE_HOST =
  /no space left on device|cannot allocate memory|out of memory|could not (extend|resize)|ended with (137|143)|server closed the connection|connection to server .* failed|disk quota|read-only file system/i

/** What is thrown while a snapshot is restored and is about the snapshot, in the words of a proof. */
const KNOWN: Readonly<Record<string, string>> = {
  ARCHIVE_FAILED: 'ARCHIVE_DAMAGED',
  MANIFEST_WRONG: 'MANIFEST_WRONG',
  SECRET_MISSING: 'SECRET_MISSING',
  // By the stack's own SQL for a restored database.
  DATABASE_REFUSED: 'RESTORED_SQL_FAILED',
  UNHEALTHY: 'APPLICATION_NOT_HEALTHY',
}

/**
 * What was thrown, as a problem of the snapshot; null where it says nothing about it: no room, no engine, somebody who
 * interrupted. `DUMP_NOT_LOADED`: PostgreSQL did not take the dump; `ARCHIVE_DAMAGED`: it could not be read.
 */
export function problemOf(thrown: unknown): Problem | null {
  if (!(thrown instanceof UserError || thrown instanceof BackupRefusal)) return null
  const { code, message } = thrown
  if (OF_THE_HOST.test(message)) return null
  if (code === 'PIPE_FAILED') {
    return { code: message.startsWith('restic') ? 'ARCHIVE_DAMAGED' : 'DUMP_NOT_LOADED', text: message }
  }
  const known = KNOWN[code]
  return known === undefined ? null : { code: known, text: message }
}

export const problemsOf = (differences: readonly Difference[], titles: Readonly<Record<string, string>>): Problem[] =>
  differences.map((difference) => ({ code: difference.code, text: differenceText(difference, titles) }))
