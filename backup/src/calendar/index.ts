export { CALENDAR, dayName, dayNumber, PERIODS, type Period } from './periods.ts'
export { DAY_MS, isZone, type Zone, zoneOf } from './zone.ts'
