export type { Target } from './commands.ts'
export * as commands from './commands.ts'
export {
  archivingSettings,
  CONFIGURATION,
  KEY_CONFIGURATION,
  KEY_PREFIX,
  REPOSITORY,
  renderPgBackRest,
  SPOOL,
  STANZA,
} from './configuration.ts'
export { dueBase } from './due.ts'
export { type Base, type Info, parseInfo } from './info.ts'
export { parseInstant, showInstant } from './instant.ts'
export { type Archived, type Listing, parseListing } from './listing.ts'
export { parseRecovery, type Recovery } from './recovery.ts'
export { parseVerify, plain, type Verified } from './verify.ts'
export { SEGMENT_BYTES } from './wal.ts'
export { chooseBase, type Gap, gapsIn, newestReach, type Reach, reaches, type Span, windowOf } from './window.ts'
