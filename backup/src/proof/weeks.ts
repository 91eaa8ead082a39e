const DAY_MS = 24 * 3600 * 1000

const utc = (day: string) => Date.parse(`${day}T00:00Z`)
const dayUtc = (instant: number) => new Date(instant).toISOString().slice(0, 10)

export const plusDays = (day: string, days: number): string => dayUtc(utc(day) + days * DAY_MS)

/** The Monday of the week in which a day is. */
export const mondayOf = (day: string): string => plusDays(day, -((new Date(utc(day)).getUTCDay() + 6) % 7))

const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  formats.set(timeZone, made)
  return made
}

/** The day that it is then in that time zone. */
export const dayIn = (instant: Date, timeZone: string): string => formatFor(timeZone).format(instant)

/** The first moment of a day in that time zone, in milliseconds since 1970: no zone is more than 14 hours from UTC. */
export function startOf(day: string, timeZone: string): number {
  let [before, after] = [utc(day) - 15 * 3_600_000, utc(day) + 15 * 3_600_000]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dayIn(new Date(middle), timeZone) < day) before = middle
    else after = middle
  }
  return after
}
