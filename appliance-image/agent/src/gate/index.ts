export { type Banner, Gate, type GateSettings } from './gate.ts'
export { gateHandler, type Handler } from './handler.ts'
export type {
  BlockedPage,
  GateEvent,
  GatePorts,
  GateStanding,
  Maintenance,
  Pool,
  Seat,
  SeatStore,
  SessionLimits,
} from './ports.ts'
export { IDLE_MINUTES } from './ports.ts'
export { type Language, loadLanguages } from './texts.ts'
