export type { BackupWanted } from './backup-wanted.ts'
export {
  AGENT_DATABASE,
  AGENT_ROLE,
  type Blueprint,
  type DatabaseSpec,
  type HostDirectory,
  type HostFile,
  type Layout,
  layoutOf,
  METER_ROLE,
  type SecretSpec,
  type VolumeSpec,
} from './blueprint.ts'
export {
  APPLIANCE_LABEL,
  type ContainerSpec,
  canonical,
  HASH_LABEL,
  type Health,
  type Mount,
  type NetworkSpec,
  projectLabels,
  sealed,
} from './container-spec.ts'
export { type Pointers, UID, type VendorKey, volumeName, type Wanted } from './containers.ts'
export { gatewayConf } from './gateway-conf.ts'
export { makeBlueprint } from './make-blueprint.ts'
export { type Difference, mendSteps } from './mend.ts'
export { type PointInTimeWanted, pointInTimeMounts } from './point-in-time.ts'
export {
  type Action,
  filesStep,
  type ImageWanted,
  type InstallParts,
  imagesStep,
  installSteps,
  networkStep,
  type Step,
  startSteps,
  type UnitsWanted,
  unitsStep,
  volumeStep,
} from './steps.ts'
export { type Cidr, chooseSubnets, overlaps } from './subnets.ts'
