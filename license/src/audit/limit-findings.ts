import { entryOf } from '../entry-of.ts'
import type { DayHours, Finding, MeterName } from '../ledger/index.ts'
import { HOUR_MS, startOfDay } from '../utc.ts'
import { type Licences, limitAt } from './limits.ts'

interface TooHigh {
  readonly meter: MeterName
  readonly day: string
  /** Said in the first hour; null: none. */
  readonly said: number | null
  readonly licensed: number
  hours: number
}

/**
 * Hours in which time above a limit was counted by another, higher limit than that of the licence, or by none. The licences
 * of the beginning and of the end of an hour may both have been in force in it.
 */
export function contradictedLimits(days: readonly DayHours[], licences: Licences): Finding[] {
  if (licences.length === 0) return []
  const limit = limitAt(licences)
  const found = new Map<MeterName, TooHigh>()
  for (const { day, hours } of days) {
    const midnight = startOfDay(day)
    for (const { hour, limits, levels } of hours) {
      const start = midnight + hour * HOUR_MS
      for (const meter of Object.keys(levels)) {
        const [before, after] = [limit(meter, start), limit(meter, start + HOUR_MS)]
        const said = entryOf(limits, meter) ?? null
        if (before === null || after === null || (said !== null && said <= Math.max(before, after))) continue
        const one = found.get(meter) ?? { meter, day, said, licensed: Math.max(before, after), hours: 0 }
        one.hours += 1
        found.set(meter, one)
      }
    }
  }
  return [...found.values()].map(finding)
}

const finding = ({ meter, day, said, licensed, hours }: TooHigh): Finding => ({
  code: 'SEAL_CONTRADICTS',
  day,
  message: `Time above the limit of ${meter} was counted by ${said === null ? 'no limit' : `a limit of ${said}`} in ${hours} hours from ${day} on; the licence says ${licensed}.`,
})
