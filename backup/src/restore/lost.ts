/** What putting back an earlier state takes away: everything that was written from the one instant to the other. */
export interface Lost {
  readonly from: string
  readonly until: string
  readonly seconds: number
}

/** Of two instants (ISO 8601); nothing is lost where the second is the earlier one. */
export function lostBetween(from: string, until: string): Lost {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 1000))
  return { from, until, seconds }
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** The two largest units: `2 days 3 hours`. */
export function durationText(seconds: number): string {
  let rest = Math.round(seconds)
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? [`${count} ${unit}${count === 1 ? '' : 's'}`] : []
  })
  return parts.length > 0 ? parts.slice(0, 2).join(' ') : `${rest} second${rest === 1 ? '' : 's'}`
}
