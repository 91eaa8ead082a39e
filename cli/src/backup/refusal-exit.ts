import type { RefusalKind } from '@domicile/backup/refusal'
import { ExitCode } from '@domicile/stacks/kernel'

/** How a command ends when something about backups could not be done. */
export const BACKUP_REFUSAL_EXIT: Readonly<Record<RefusalKind, ExitCode>> = {
  usage: ExitCode.Usage,
  refused: ExitCode.Refused,
  unverified: ExitCode.Unverified,
  missing: ExitCode.NotFound,
  failed: ExitCode.Failed,
}
