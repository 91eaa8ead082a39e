import { BackupRefusal, type RefusalKind } from '../refusal.ts'

const MOST = 1500

interface Known {
  readonly code: string
  readonly kind: RefusalKind
  readonly message: string
  readonly hint: string
}

/** What the engine's exit codes mean; 1 is everything else. */
const KNOWN: Readonly<Record<number, Known>> = {
  3: {
    code: 'FILES_UNREADABLE',
    kind: 'failed',
    message: 'Some files could not be read.',
    hint: 'A snapshot without them would not be whole, so it does not count. Mend what is said above, then run `domicile backup create`.',
  },
  10: {
    code: 'NO_ARCHIVE',
    kind: 'missing',
    message: 'There is no backup archive where it should be.',
    hint: 'When a disk is mounted there, see that it is. Otherwise `domicile backup create` begins a new archive.',
  },
  11: {
    code: 'ARCHIVE_LOCKED',
    kind: 'failed',
    message: 'The backup archive is locked by another program.',
    hint: 'See whether somebody works with it (docker ps). The next `domicile backup create` removes what a dead run left.',
  },
  12: {
    code: 'ARCHIVE_KEY_WRONG',
    kind: 'unverified',
    message: 'The key does not open the backup archive.',
    hint: 'Nothing was changed. The right key is on the recovery sheet.',
  },
  130: {
    code: 'INTERRUPTED',
    kind: 'failed',
    message: 'The backup engine was interrupted.',
    hint: 'Nothing half-made counts. Run the command again.',
  },
}

/**
 * What became of a call that did not end with 0.
 * @param said what the engine complained about
 * @param doing what was tried, for a sentence: `Reading the archive`
 */
export function failure(exitCode: number, said: string, doing: string): BackupRefusal {
  const detail = said.trim().slice(-MOST)
  const known = KNOWN[exitCode]
  if (known) {
    const { message, code, hint, kind } = known
    return new BackupRefusal(`${doing} failed: ${message}${detail ? `\n${detail}` : ''}`, { code, hint, kind })
  }
  if (/no space left on device/i.test(detail)) {
    return new BackupRefusal(`${doing} failed: the disk is full.\n${detail}`, {
      code: 'DISK_FULL',
      hint: 'Nothing half-made counts, and what was there is untouched. Make room (df -h), then run it again.',
      kind: 'failed',
    })
  }
  return new BackupRefusal(`${doing} failed: ${detail || `the engine ended with ${exitCode}`}`, {
    code: 'ARCHIVE_FAILED',
    hint: 'What was there before is untouched. When the lines above do not help, run `domicile backup verify --all`.',
    kind: 'failed',
  })
}
