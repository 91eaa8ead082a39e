export {
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
export { sortedJson } from './sorted-json.ts'
