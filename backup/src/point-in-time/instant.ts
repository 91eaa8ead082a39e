import { BackupRefusal } from '../refusal.ts'

const FORM = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:?\d{2})?$/

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * What a person means with `--at`: a time on the clock of the appliance, or one with an offset.
 * @param text `2026-11-20 14:35`, `2026-11-20T14:35:07+01:00`, `2026-11-20 13:35Z`
 * @param timeZone of the IANA list, for a time without an offset
 * @throws BackupRefusal INSTANT_INVALID, INSTANT_NEVER, INSTANT_TWICE (usage), INSTANT_AHEAD (refused)
 */
export function parseInstant(text: string, timeZone: string, now: Date): Date {
  const [, year, month, day, hour, minute, second = '00', offset] = FORM.exec(text.trim()) ?? []
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(wall) || new Date(wall).getUTCDate() !== Number(day)) throw invalid(text)
  const at = offset === undefined ? onTheClock(wall, timeZone, text) : new Date(wall - offsetOf(offset, text))
  if (at > now)
    throw new BackupRefusal(`${showInstant(at, timeZone)} has not been yet; it is ${showInstant(now, timeZone)}.`, {
      code: 'INSTANT_AHEAD',
      hint: `Give an instant that has been. Without an offset it is a time on the clock of ${timeZone}.`,
    })
  return at
}

/** `2026-11-20 14:35:07+01:00` */
export function showInstant(at: Date, timeZone: string): string {
  const second = Math.floor(at.getTime() / 1000) * 1000
  const wall = wallAt(second, timeZone)
  const minutes = Math.round((wall - second) / MINUTE_MS)
  const two = (value: number) => String(value).padStart(2, '0')
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
  return `${new Date(wall).toISOString().slice(0, 19).replace('T', ' ')}${offset}`
}

/** A clock that is put back shows an hour twice, one that is put forward leaves an hour out. */
function onTheClock(wall: number, timeZone: string, text: string): Date {
  const offsets = new Set([wall - DAY_MS, wall + DAY_MS].map((instant) => wallAt(instant, timeZone) - instant))
  const found = [...offsets]
    .map((offset) => wall - offset)
    .filter((instant) => wallAt(instant, timeZone) === wall)
    .toSorted((a, b) => a - b)
  const [first, second] = found
  if (first === undefined)
    throw new BackupRefusal(`No clock in ${timeZone} ever showed ${text}: it was put forward over it.`, {
      code: 'INSTANT_NEVER',
      hint: 'Give another time, or one with its offset: 2026-11-20T14:35:00+01:00',
      kind: 'usage',
    })
  if (second !== undefined)
    throw new BackupRefusal(`Clocks in ${timeZone} showed ${text} twice, before and after they were put back.`, {
      code: 'INSTANT_TWICE',
      hint: `Say which one: “${showInstant(new Date(first), timeZone)}” or “${showInstant(new Date(second), timeZone)}”`,
      kind: 'usage',
    })
  return new Date(first)
}

/** What the clock on the wall shows, as if it were UTC. */
function wallAt(instant: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'iso8601', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  })
  const shown = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function offsetOf(text: string, whole: string): number {
  if (text === 'Z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(-2))
  if (hours > 15 || minutes > 59) throw invalid(whole)
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS
}

const invalid = (text: string) =>
  new BackupRefusal(`“${text.slice(0, 60)}” is no instant.`, {
    code: 'INSTANT_INVALID',
    hint: 'Write it like “2026-11-20 14:35”, “2026-11-20 14:35:07” or “2026-11-20T14:35:07+01:00”.',
    kind: 'usage',
  })
