import { createHash } from 'node:crypto'
import { type Zone, zoneOf } from '../calendar/index.ts'
import type { ScheduleTerms } from './types.ts'

/** One night in which snapshots are made; it bears the number of the day on which its window begins. */
export interface Night {
  readonly day: number
  /** Instants, milliseconds since 1970: the window, and when this appliance's turn is. */
  readonly from: number
  readonly turn: number
  readonly until: number
}

type NightTerms = Pick<ScheduleTerms, 'timeZone' | 'window'>

const DAY_MINUTES = 24 * 60

/** The night of a day. @param appliance an id that no other has and that stays */
function nightOf(day: number, { window }: NightTerms, zone: Zone, appliance: string): Night {
  const from = minutesOf(window.from)
  const end = minutesOf(window.until)
  const until = end > from ? end : end + DAY_MINUTES
  return {
    day,
    from: zone.instantAt(day, from),
    turn: zone.instantAt(day, from + offsetOf(appliance, until - from)),
    until: zone.instantAt(day, until),
  }
}

/** The last night whose window has begun. */
export function nightAt(now: Date, terms: NightTerms, appliance: string): Night {
  const zone = zoneOf(terms.timeZone)
  const tonight = nightOf(zone.dayAt(now.getTime()), terms, zone, appliance)
  return tonight.from <= now.getTime() ? tonight : nightOf(tonight.day - 1, terms, zone, appliance)
}

/** The first night in which it is this appliance's turn after an instant. */
export function nightAfter(now: Date, terms: NightTerms, appliance: string): Night {
  const zone = zoneOf(terms.timeZone)
  const { day } = nightAt(now, terms, appliance)
  const nights = [0, 1, 2].map((more) => nightOf(day + more, terms, zone, appliance))
  return nights.find(({ turn }) => turn > now.getTime()) as Night
}

/**
 * Many appliances that share a network or a target do not begin together. Each has its minute, the same every night, in
 * the first half of the window: what follows a snapshot shall end in it, too.
 */
function offsetOf(appliance: string, minutes: number): number {
  const share = createHash('sha256').update(`night of ${appliance}`).digest().readUInt32BE() / 2 ** 32
  return Math.floor((share * minutes) / 2)
}

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}
