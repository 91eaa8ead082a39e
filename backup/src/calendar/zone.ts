/** Calendar days of a time zone as whole numbers, days since 1970-01-01, so that thousands of instants cost little. */
export interface Zone {
  readonly name: string
  /** The calendar day that it is at an instant (milliseconds since 1970). */
  dayAt(instant: number): number
  /**
   * When a clock on the wall shows a time of day, given in minutes since midnight. The first time of two; where an hour is
   * left out, as if it were not. A time of 24:00 or later is on the day after.
   */
  instantAt(day: number, minutes: number): number
}

const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000
/** No zone changes its clocks there and back within so short a time. */
const SPAN_MS = 7 * DAY_MS

const zones = new Map<string, Zone>()

/** Whether this is a zone of the IANA list, by what this program knows of it. */
export const isZone = (name: string): boolean => {
  try {
    return name.length <= 60 && wallClock(name) !== undefined
  } catch {
    return false
  }
}

/** @param name of the IANA list, `Europe/Ljubljana` @throws RangeError when there is no such zone */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const made = makeZone(name)
  zones.set(name, made)
  return made
}

function makeZone(name: string): Zone {
  const offsetAt = offsets(wallClock(name))
  const onTheWall = (instant: number) => instant + offsetAt(instant)
  return {
    name,
    dayAt: (instant) => Math.floor(onTheWall(instant) / DAY_MS),
    instantAt(day, minutes) {
      const wall = day * DAY_MS + minutes * MINUTE_MS
      const before = wall - offsetAt(wall - DAY_MS)
      const after = wall - offsetAt(wall + DAY_MS)
      const fitting = [before, after].filter((instant) => onTheWall(instant) === wall)
      return fitting.length > 0 ? Math.min(...fitting) : before
    },
  }
}

/**
 * Asking a zone what time it is costs microseconds. Offsets are asked for at the ends of weeks and remembered; only within a
 * week in which the clocks are changed is there anything to look for.
 */
function offsets(wallAt: (instant: number) => number): (instant: number) => number {
  const ends = new Map<number, number>()
  const changes = new Map<number, number>()
  const end = (span: number) => {
    const known = ends.get(span)
    if (known !== undefined) return known
    const made = wallAt(span * SPAN_MS) - span * SPAN_MS
    ends.set(span, made)
    return made
  }
  return (instant) => {
    const span = Math.floor(instant / SPAN_MS)
    const [before, after] = [end(span), end(span + 1)]
    if (before === after) return before
    let change = changes.get(span)
    if (change === undefined) {
      change = changeIn(span, before, wallAt)
      changes.set(span, change)
    }
    return instant < change ? before : after
  }
}

/** The minute from which on the other offset holds. */
function changeIn(span: number, before: number, wallAt: (instant: number) => number): number {
  let low = (span * SPAN_MS) / MINUTE_MS
  let high = ((span + 1) * SPAN_MS) / MINUTE_MS
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (wallAt(middle * MINUTE_MS) - middle * MINUTE_MS === before) low = middle
    else high = middle
  }
  return high * MINUTE_MS
}

/** What a clock on the wall shows at a full minute, written as if it were UTC. */
function wallClock(name: string): (instant: number) => number {
  const number = '2-digit'
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: name, calendar: 'iso8601', hourCycle: 'h23' },
    ...{ year: 'numeric', month: number, day: number, hour: number, minute: number, second: number },
  })
  return (instant) => {
    const shown: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(instant)) shown[type] = Number(value)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }
}
