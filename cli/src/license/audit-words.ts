import type { AuditReport, Period } from '@domicile/license/audit'
import { type MeterName, SYSTEM_METERS } from '@domicile/license/ledger'
import { dayInWords } from '@domicile/license/standing'
import { amountInWords, dayAt } from '@domicile/license/terms'

/** Numbers and times of an audit as people read them, alike on a terminal and on a page. */

/** `2026-11-22 09:00` in the time zone of the contract. */
export function hourInWords(at: string | number, timezone: string): string {
  const instant = typeof at === 'number' ? at : Date.parse(at)
  if (Number.isNaN(instant)) return String(at)
  return `${dayAt(instant, timezone)} ${clockOf(timezone).format(instant)}`
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Made once a time zone: an audit says ten thousand times. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
  clocks.set(timeZone, clock)
  return clock
}

export const periodInWords = ({ from, to }: Period): string =>
  from === to ? dayInWords(from, 'en') : `${dayInWords(from, 'en')} to ${dayInWords(to, 'en')}`

/** `45 min`, `3 h 20 min`, `4 days 2 h`. */
export function minutesInWords(minutes: number): string {
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  const [rest, days] = [minutes % 60, Math.floor(hours / 24)]
  if (days < 2) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
  return hours % 24 === 0 ? `${days} days` : `${days} days ${hours % 24} h`
}

/** A value of a meter with its unit; pieces with commas. */
export function valueInWords(name: MeterName, value: number | null): string {
  if (value === null) return 'not known'
  if (name.endsWith('_bytes')) return amountInWords(value, 'bytes')
  if (name.endsWith('_percent')) return amountInWords(value, '%')
  return value.toLocaleString('en', { maximumFractionDigits: 2 })
}

export const limitInWords = (name: MeterName, limit: number | null): string =>
  limit === null ? 'none' : valueInWords(name, limit)

/** What a meter counts, by the description that was in force; its name when there is none. */
export function titleOf(name: MeterName, { descriptions }: AuditReport['figures']): string {
  const told = descriptions.find((one) => one.name === name)
  if (!told) return SYSTEM_TITLES.get(name) ?? name
  const { title, module } = told
  if (module === null) return title
  return name === `${module}.users` ? `Users of ${title}` : `${title}, transactions`
}

const SYSTEM_TITLES = new Map<string, string>(Object.entries(SYSTEM_METERS).map(([name, { title }]) => [name, title]))

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`
