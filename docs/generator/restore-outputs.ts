import { restoreSchema } from '@domicile/backup/restore'
import type * as printed from '@domicile/cli/printed'
import { z } from 'zod'
import type { Fits, Same } from './same.ts'

/** What the commands about point in time, keys, second copies and restores print with `--json`. Instants are in UTC. */

const instant = z.string().describe('ISO 8601 in UTC.')
const run = z.string().describe('Run id of a snapshot.')
const steps = z.array(z.object({ title: z.string(), seconds: z.number() })).describe('What was done, with times.')

export const backupPointInTime = z
  .object({
    on: z.boolean(),
    window: z
      .array(z.object({ from: instant, to: instant }))
      .describe('Instants one can go back to, oldest first; usually one span. Empty: none.'),
    bytes: z.number().describe('Of the whole repository.'),
    lastBase: z
      .object({ label: z.string(), type: z.enum(['full', 'diff', 'incr']), at: instant })
      .nullable()
      .describe('null: there is none yet.'),
    waiting: z
      .object({ files: z.number(), bytes: z.number() })
      .nullable()
      .describe('Changes that wait to be archived; null: PostgreSQL does not run.'),
    archivedAt: z.string().nullable().describe('When changes were last taken; null: never since PostgreSQL counts.'),
    refusedAt: z.string().nullable().describe('When they were last refused.'),
    findings: z
      .array(
        z.object({
          code: z.enum([
            'UNREADABLE',
            'NOT_ARCHIVING',
            'NO_BASE',
            'GAP',
            'LET_GO',
            'BASE_DAMAGED',
            'DAMAGED',
            'COPY_BEHIND',
          ]),
          message: z.string(),
          hint: z.string(),
        }),
      )
      .describe('What is wrong; empty: nothing.'),
  })
  .describe('domicile backup point-in-time status --json')

export const backupPointInTimeCheck = backupPointInTime
  .extend({ whole: z.boolean().describe('false: there are findings; the command ends with 4.') })
  .describe('domicile backup point-in-time check --json')

export const backupPointInTimeBase = z
  .object({
    changed: z.boolean(),
    label: z.string(),
    type: z.enum(['full', 'incr']),
    bytes: z.number().describe('By how many the repository grew.'),
    seconds: z.number(),
  })
  .describe('domicile backup point-in-time base --json')

export const backupKeysExport = z
  .object({
    changed: z.boolean().describe('The sheet counts as stored since.'),
    file: z.string().nullable().describe('Where it was written; null: nowhere.'),
    sheet: z.string().exactOptional().describe('The recovery sheet itself, with neither --to nor --confirm. Secret.'),
    stored: z.boolean(),
  })
  .describe('domicile backup keys export --json')

export const backupKeysRotate = z
  .object({
    changed: z.boolean(),
    of: z.string().describe('archive, or the name of the second copy.'),
    oldKeyRemoved: z.boolean().describe('false: the place is append-only, and the old key still opens it.'),
  })
  .describe('domicile backup keys rotate --json')

const copied = z.object({ run, at: instant })

export const backupTargetAdd = z
  .object({
    changed: z.boolean(),
    target: z.object({
      name: z.string(),
      url: z.string(),
      hostKey: z.string().nullable().describe('Fingerprint that is pinned; null: it is no server with one.'),
    }),
    publicKey: z.string().nullable().describe('For .ssh/authorized_keys there; null: none is needed.'),
  })
  .describe('domicile backup target add --json')

export const backupTargetList = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        url: z.string(),
        labels: z.array(z.string()).describe('Of disks that may be mounted there; empty: whatever is.'),
        limitKiB: z.number().nullable().describe('How fast it may be sent, KiB/s; null: as fast as it goes.'),
        hostKey: z.string().nullable(),
        publicKey: z.string().nullable(),
        last: copied.nullable().describe('The newest that is there whole.'),
        byLabel: z.record(z.string(), copied),
        appendOnly: z.boolean().nullable().describe('null: not tried yet.'),
        checkedAt: z.string().nullable(),
        provenAt: z.string().nullable().describe('When it was last restored from on trial; null: never.'),
        error: z
          .object({ code: z.string(), message: z.string(), at: instant })
          .nullable()
          .describe('Of the last try, when it failed.'),
      }),
    ),
  })
  .describe('domicile backup target list --json')

export const backupTargetCopy = z
  .object({
    changed: z.boolean(),
    items: z.array(
      z.union([
        z.object({
          target: z.string(),
          label: z.string().nullable().describe('Of the disk; null where there is but one.'),
          copied: z.array(run),
          removed: z.array(run),
          newest: copied.nullable(),
          seconds: z.number(),
        }),
        z.object({
          target: z.string(),
          error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
        }),
      ]),
    ),
  })
  .describe('domicile backup target copy --json; when one fails the command ends with an error after all were tried')

export const backupTargetTest = z
  .object({
    target: z.string(),
    label: z.string().nullable(),
    writable: z.boolean().describe('What was written was found and read back; otherwise the command fails.'),
    appendOnly: z.boolean().describe('What was written could not be removed from here.'),
    seconds: z.number(),
  })
  .describe('domicile backup target test NAME --json')

const record = z.object(restoreSchema.shape)

export const restore = z
  .union([
    z.object({ changed: z.boolean(), restore: record, steps }).describe('Switched.'),
    z
      .object({
        changed: z.boolean(),
        snapshot: run,
        at: instant.describe('When the data was as it would be restored.'),
        needed: z
          .object({ database: z.number(), documents: z.number(), wal: z.number(), total: z.number() })
          .describe('Bytes that must be free.'),
        freeBytes: z.number(),
        lost: z
          .object({ from: instant, until: instant, seconds: z.number() })
          .describe('What was written in this time would be put aside.'),
        forecast: z.object({
          seconds: z.number(),
          measured: z.boolean().describe('The seconds come from what was measured here, else from what is usual.'),
        }),
      })
      .describe('With --dry-run.'),
    z
      .object({
        changed: z.boolean(),
        snapshot: run,
        place: z.string().describe('The database, the folder or the file that was made.'),
        items: z.array(z.string()),
        steps,
      })
      .describe('With --only.'),
    z
      .object({
        changed: z.boolean(),
        name: z.string(),
        run,
        at: instant.describe('When the data was as it is now.'),
        url: z.string(),
        steps,
        seconds: z.number().describe('From the first byte that was read to the answer of the appliance.'),
      })
      .describe('With --to-new-host.'),
  ])
  .describe('domicile restore --json')

export const restoreStatus = z
  .object({
    restore: record.nullable().describe('null: none is under way, and none waits.'),
    atWork: z.string().nullable().describe('Who is at work on the backups, in words; null: nobody.'),
    side: z.enum(['before', 'after', 'mixed']).nullable().describe('Which side runs.'),
    idleBytes: z.number().nullable().describe('What the other side takes; null: not measured.'),
  })
  .describe('domicile restore status --json')

export const restoreAccept = z
  .object({
    changed: z.boolean(),
    removed: z.array(z.string()).describe('Volumes.'),
    bytes: z.number().describe('What they took.'),
    steps,
  })
  .describe('domicile restore accept --json')

export const restoreUndo = z
  .object({
    changed: z.boolean(),
    restore: record.nullable().describe('null: it was interrupted before its switch, and is removed.'),
    steps,
  })
  .describe('domicile restore undo --json')

// Fails to compile when a schema and what the program prints come apart.
true satisfies Same<printed.BackupPointInTime, z.infer<typeof backupPointInTime>>
true satisfies Same<printed.BackupPointInTimeCheck, z.infer<typeof backupPointInTimeCheck>>
true satisfies Same<printed.BackupPointInTimeBase, z.infer<typeof backupPointInTimeBase>>
true satisfies Same<printed.BackupKeysExport, z.infer<typeof backupKeysExport>>
true satisfies Same<printed.BackupKeysRotate, z.infer<typeof backupKeysRotate>>
true satisfies Same<printed.BackupTargetAdd, z.infer<typeof backupTargetAdd>>
true satisfies Same<printed.BackupTargetList, z.infer<typeof backupTargetList>>
true satisfies Same<printed.BackupTargetCopy, z.infer<typeof backupTargetCopy>>
true satisfies Same<printed.BackupTargetTest, z.infer<typeof backupTargetTest>>
true satisfies Fits<printed.Restore, z.infer<typeof restore>>
true satisfies Fits<printed.RestoreStatus, z.infer<typeof restoreStatus>>
true satisfies Fits<printed.RestoreAccept, z.infer<typeof restoreAccept>>
true satisfies Fits<printed.RestoreUndo, z.infer<typeof restoreUndo>>
