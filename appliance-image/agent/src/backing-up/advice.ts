import type { Operation, ScheduleState } from '@domicile/backup/schedule'
import type { BackupStatus } from '../protocol.ts'

type Finding = BackupStatus['findings'][number]

const minute = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`

export const HELPER_GONE = (since: string): Finding => ({
  ...{ code: 'BACKUP_HELPER_GONE', severity: 'warn' },
  message: `Since ${minute(since)} nobody on the host answers when a backup is due, so none is made by itself.`,
  hint: '`domicile apply` starts the helper again. On a host without systemd, have it started at boot: `domicile helper serve`.',
})

const WHAT: Readonly<Record<Operation, { title: string; command: string }>> = {
  create: { title: 'make a snapshot', command: 'domicile backup create' },
  check: { title: 'read the snapshots back', command: 'domicile backup verify' },
  'second-copy': { title: 'copy the snapshots to another place', command: 'domicile backup target test' },
  drill: { title: 'restore a snapshot on trial', command: 'domicile backup drill' },
}

type Attempt = NonNullable<ScheduleState['attempts'][Operation]>

export const ATTEMPT_FAILED = (operation: Operation, { failures, code, at }: Attempt): Finding => ({
  ...{ code: 'BACKUP_FAILING', severity: 'warn' },
  message: `The last ${failures === 1 ? 'attempt' : `${failures} attempts`} to ${WHAT[operation].title} did not succeed (${code ?? 'no reason'}, ${minute(at)}); it is tried again.`,
  hint: `See why: \`${WHAT[operation].command}\`, or journalctl -u "domicile-helper@*".`,
})

export const STATE_BROKEN = (at: string): Finding => ({
  ...{ code: 'BACKUP_STATE_BROKEN', severity: 'warn' },
  message: `What the agent knew of the backups could not be read (${minute(at)}); it was put aside. The snapshots are not touched by that.`,
  hint: 'It is known again after the next snapshot: `domicile backup create`.',
})
