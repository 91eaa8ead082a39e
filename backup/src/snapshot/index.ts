export { type Content, contentOf, contentSql, heldContentSql, momentOf } from './content.ts'
export { type Manifest, manifestSchema } from './manifest.ts'
export { implausible, roomNeeded, type Taken, yardstick } from './plausible.ts'
export {
  markChecked,
  partDue,
  READ_PARTS,
  type Readings,
  readingsSchema,
  readSince,
  withReading,
} from './reading-back.ts'
export { RUN_ID, runIdAt } from './run-id.ts'
export { KINDS, type Kind, type Snapshot, snapshotSchema } from './snapshot.ts'
