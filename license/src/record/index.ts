export {
  BACKUP_PROOF,
  chainAfter,
  chainOf,
  EXCHANGE,
  followingLine,
  lineAfter,
  type ReadRecord,
  type RecordEntry,
  type RecordLine,
  readRecord,
} from './chain.ts'
export { readJson, sortedJson } from './json.ts'
