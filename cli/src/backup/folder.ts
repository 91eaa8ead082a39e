import { layoutOf } from '@domicile/stacks/plan'

/** Where an appliance's backups are on its host; a disk of their own may be mounted at the root of it. */
export interface BackupFolder {
  readonly root: string
  /** The archive engine's repository. */
  readonly archive: string
  /** The point-in-time engine's repository, and where WAL waits for it. Both are PostgreSQL's. */
  readonly pointInTime: string
  readonly spool: string
  /** What the archive engine may lose. */
  readonly cache: string
  readonly catalogue: string
  /** Second copies: `<name>.json` and their keys, 0600. */
  readonly targets: string
  /** Keys of the archive and of the point-in-time repository. */
  readonly archiveKey: string
  readonly pointInTimeKey: string
}

export function backupFolder(appliance: string): BackupFolder {
  const { lib } = layoutOf(appliance)
  const root = `${lib}/backup`
  return {
    root,
    archive: `${root}/archive`,
    pointInTime: `${root}/point-in-time`,
    spool: `${root}/spool`,
    cache: `${root}/cache`,
    catalogue: `${root}/catalogue.jsonl`,
    targets: `${root}/targets`,
    archiveKey: `${lib}/secrets/backup_archive_key`,
    pointInTimeKey: `${lib}/secrets/backup_point_in_time_key`,
  }
}
