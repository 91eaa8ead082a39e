export {
  asRole,
  databaseHandlers,
  type Login,
  markInitialized,
  runJob,
  scramVerifier,
  sql,
  sqlAsOwner,
  vendorSql,
} from './database-handlers.ts'
export { containerDrift, postgresDrift } from './drift.ts'
export type { Engine, ExecOptions, ExecResult, FoundContainer, FoundImage, FoundNetwork } from './engine.ts'
export { askHealth, engineHandlers, isImage, waitUntilHealthy } from './engine-handlers.ts'
export { hostHandlers, makeSecret, writeDurably } from './host-handlers.ts'
export { type Entry, Journal, type Unfinished, unfinished } from './journal.ts'
export {
  type Handler,
  type Handlers,
  type Operation,
  type Progress,
  runOperation,
  type Stage,
  type Timed,
  type Tools,
} from './operation.ts'
export { refuseForeign, refuseForeignNames, removeOwnContainer } from './ownership.ts'
