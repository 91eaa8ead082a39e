export {
  chainOf,
  EXCHANGE,
  lineAfter,
  type ReadRecord,
  type RecordEntry,
  type RecordLine,
  readRecord,
} from './chain.ts'
