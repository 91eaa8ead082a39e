export {
  backupFromCommand,
  backupPaths,
  check,
  copy,
  dump,
  exactly,
  forget,
  GENTLY,
  init,
  list,
  listFiles,
  type Place,
  prune,
  repairIndex,
  repairPacks,
  restore,
  type Source,
  type Subset,
  size,
  tag,
  unlock,
  version,
} from './commands.ts'
export { failure } from './failure.ts'
export {
  type ArchiveSnapshot,
  type BackupSummary,
  type Checked,
  checkedOf,
  type Message,
  messageOf,
  retagged,
  type Status,
  snapshotsOf,
} from './messages.ts'
export { PATHS, partPath } from './paths.ts'
export { holdTag, PARTS, type Part, type Run, refusedTag, runsOf, tagsOf, unfinishedParts } from './runs.ts'
