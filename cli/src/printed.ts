import type BackupCreateCommand from './commands/backup/create.ts'
import type BackupDrillCommand from './commands/backup/drill.ts'
import type BackupHoldCommand from './commands/backup/hold.ts'
import type BackupKeysExportCommand from './commands/backup/keys/export.ts'
import type BackupKeysRotateCommand from './commands/backup/keys/rotate.ts'
import type BackupListCommand from './commands/backup/list.ts'
import type BackupBaseCommand from './commands/backup/point-in-time/base.ts'
import type BackupPointInTimeCheckCommand from './commands/backup/point-in-time/check.ts'
import type BackupPointInTimeCommand from './commands/backup/point-in-time/status.ts'
import type BackupPolicyCommand from './commands/backup/policy.ts'
import type BackupReleaseCommand from './commands/backup/release.ts'
import type BackupReportCommand from './commands/backup/report.ts'
import type BackupShowCommand from './commands/backup/show.ts'
import type BackupTargetAddCommand from './commands/backup/target/add.ts'
import type BackupTargetCopyCommand from './commands/backup/target/copy.ts'
import type BackupTargetListCommand from './commands/backup/target/list.ts'
import type BackupTargetTestCommand from './commands/backup/target/test.ts'
import type BackupVerifyCommand from './commands/backup/verify.ts'
import type RestoreAcceptCommand from './commands/restore/accept.ts'
import type RestoreStatusCommand from './commands/restore/status.ts'
import type RestoreUndoCommand from './commands/restore/undo.ts'
import type RestoreCommand from './commands/restore.ts'

/** What commands print with `--json`, as their code has it: the schemas of the manual are held against these types. */

type Printed<Command extends { prototype: { run(): Promise<unknown> } }> = Awaited<
  ReturnType<Command['prototype']['run']>
>

export type BackupCreate = Printed<typeof BackupCreateCommand>
export type BackupDrill = Printed<typeof BackupDrillCommand>
export type BackupHold = Printed<typeof BackupHoldCommand>
export type BackupKeysExport = Printed<typeof BackupKeysExportCommand>
export type BackupKeysRotate = Printed<typeof BackupKeysRotateCommand>
export type BackupList = Printed<typeof BackupListCommand>
export type BackupPointInTime = Printed<typeof BackupPointInTimeCommand>
export type BackupPointInTimeBase = Printed<typeof BackupBaseCommand>
export type BackupPointInTimeCheck = Printed<typeof BackupPointInTimeCheckCommand>
export type BackupPolicy = Printed<typeof BackupPolicyCommand>
export type BackupRelease = Printed<typeof BackupReleaseCommand>
export type BackupReport = Printed<typeof BackupReportCommand>
export type BackupShow = Printed<typeof BackupShowCommand>
export type BackupTargetAdd = Printed<typeof BackupTargetAddCommand>
export type BackupTargetCopy = Printed<typeof BackupTargetCopyCommand>
export type BackupTargetList = Printed<typeof BackupTargetListCommand>
export type BackupTargetTest = Printed<typeof BackupTargetTestCommand>
export type BackupVerify = Printed<typeof BackupVerifyCommand>
export type Restore = Printed<typeof RestoreCommand>
export type RestoreAccept = Printed<typeof RestoreAcceptCommand>
export type RestoreStatus = Printed<typeof RestoreStatusCommand>
export type RestoreUndo = Printed<typeof RestoreUndoCommand>
