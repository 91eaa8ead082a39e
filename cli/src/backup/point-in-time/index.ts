export { type BaseTools, type MadeBase, makeBase, nightlyBase } from './base.ts'
export { fillFromPointInTime, findWay, type Reached, type Way } from './restore.ts'
export { checkPointInTime, type Finding, type PointInTimeStatus, pointInTimeStatus } from './status.ts'
export { pointInTimeOn, pointInTimeWanted } from './wanted.ts'
