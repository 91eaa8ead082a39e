export {
  describeMeters,
  type GuardedUsers,
  type Guards,
  guardsSchema,
  type Meters,
  metersSchema,
  reportedMeters,
  type Writable,
} from './manifest.ts'
export { LicenceRefusal } from './refusal.ts'
