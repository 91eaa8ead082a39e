import { BackupRefusal } from '@domicile/backup/refusal'

const MOST = 10

/** What the archive engine complained about when it looked at what it had written. */
export const damaged = (complaints: readonly string[]) =>
  new BackupRefusal(
    `The backup archive is damaged:\n${complaints.slice(0, MOST).join('\n')}${complaints.length > MOST ? `\n… and ${complaints.length - MOST} more` : ''}`,
    {
      code: 'ARCHIVE_DAMAGED',
      hint: 'Run `domicile backup verify --all`: it says which snapshots are hit and repairs what can be. Look at the disk, too (dmesg).',
      kind: 'unverified',
    },
  )
