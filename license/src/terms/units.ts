/** What one of a unit is, as meters count: bytes, percent, pieces. A profile that is carried out names one of these. */
export const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  '%': 1,
  'e-mails': 1,
  messages: 1,
  users: 1,
  pieces: 1,
}

/** So many of a unit as a meter counts them: whole bytes. Null: no meter counts in this unit. */
export function countedAmount(max: number, unit: string): number | null {
  const factor = UNITS[unit]
  if (factor === undefined) return null
  return factor === 1 ? max : Math.round(max * factor)
}

/** The unit of what a meter counts, told by its name; empty: pieces. */
export const unitOf = (meter: string): 'bytes' | '%' | '' =>
  meter.endsWith('_bytes') ? 'bytes' : meter.endsWith('_percent') ? '%' : ''

const SIZES = ['TB', 'GB', 'MB', 'kB'] as const

/** A number as people read it: sizes in the unit that fits, to two decimals; pieces without a unit, for what they are is said beside it. */
export function amountInWords(value: number, unit: string): string {
  if (unit === '%') return `${rounded(value)} %`
  if (unit !== 'bytes' && !SIZES.some((size) => size === unit)) return rounded(value)
  const size = SIZES.find((one) => value >= (UNITS[one] as number))
  if (size) return `${rounded(value / (UNITS[size] as number))} ${size}`
  return value === 1 ? '1 byte' : `${rounded(value)} bytes`
}

const rounded = (value: number) => String(Math.round(value * 100) / 100)
