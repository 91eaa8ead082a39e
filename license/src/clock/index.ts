export { type ClockEvent, type ClockState, corroborate, startClock, type Tick, tick, unlock } from './clock.ts'
