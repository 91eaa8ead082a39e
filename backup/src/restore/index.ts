export { type Forecast, forecast, type Measured, requireSpace } from './forecast.ts'
export { durationText, type Lost, lostBetween } from './lost.ts'
export {
  afterInterruption,
  afterSwitch,
  idleSide,
  refuseWhileWaiting,
  type Settling,
  type Side,
  sideInUse,
} from './phases.ts'
export { PHASES, type Phase, type Restore, restoreSchema, type Source, type Volumes } from './record.ts'
