import { createHash } from 'node:crypto'
import type { SessionSettings } from '@domicile/license/session'
import type { Pool } from './ports.ts'

export interface Session {
  /** SHA-256 of what tells it apart, in hexadecimal: all that is kept of it. */
  readonly key: string
  readonly pool: Pool
}

/** Patterns do not run on more; who sends more has a session of its own. */
const MOST_CHARACTERS = 4096

/** Turns what a request carries (the header's value, or the whole Cookie header) into its session; null: it carries none. */
export type Recognize = (carried: string) => Session | null

export function recognizer(settings: SessionSettings): Recognize {
  const outer = settings.pattern === undefined ? null : new RegExp(settings.pattern, 'u')
  const inner = settings.user === undefined ? null : new RegExp(settings.user, 'u')
  const services = settings.services === undefined ? null : new RegExp(settings.services, 'u')
  const administrators = new Set(settings.administrators)
  const decode = (text: string) => (settings.encoding === 'base64' ? Buffer.from(text, 'base64').toString() : text)

  const poolOf = (user: string | undefined): Pool => {
    if (user === undefined) return 'people'
    if (administrators.has(user)) return 'administrators'
    return services?.test(user) ? 'services' : 'people'
  }

  return (carried) => {
    const value = settings.cookie === undefined ? carried.trim() : cookieValues(carried, settings.cookie)
    if (value === '') return null
    if (value.length > MOST_CHARACTERS) return { key: hashOf(`whole ${value}`), pool: 'people' }
    const found = outer === null ? value : outer.exec(value)?.groups?.['session']
    // Not as the application's sessions are: its own business, but somebody who works all the same.
    if (found === undefined) return { key: hashOf(`whole ${value}`), pool: 'people' }
    const text = decode(found)
    const groups = inner?.exec(text)?.groups
    return { key: hashOf(`session ${groups?.['session'] ?? text}`), pool: poolOf(groups?.['user']) }
  }
}

/**
 * Applications differ in which of several cookies with one name they take: together they are one session, so that nobody
 * hides one behind another.
 */
function cookieValues(header: string, name: string): string {
  const pairs = header.split(';').map((pair) => pair.trim())
  return pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1'))
    .filter((value) => value !== '')
    .join(';')
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
