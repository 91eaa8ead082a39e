import { entryOf } from '../entry-of.ts'
import type { Behaviour, LicenceClaims } from './claims.ts'

/** Number and behaviour of a limit as a licence names it. */
export interface NamedLimit {
  readonly max: number
  readonly behaviour: Behaviour
  /** Counted by the calendar; null: how many there are at a time. */
  readonly per: 'month' | 'year' | null
}

/**
 * What a licence says of whatever is counted; null: nothing.
 * @param name `users`, `sessions`, `services`, `sale.users` or the name of a meter
 */
export function limitNamed(
  { limits, modules }: Pick<LicenceClaims, 'limits' | 'modules'>,
  name: string,
): NamedLimit | null {
  const { users, sessions } = limits
  if (name === 'users') return users ? { ...users, per: null } : null
  if (name === 'sessions') return sessions ? { max: sessions.max, behaviour: sessions.behaviour, per: null } : null
  if (name === 'services') return sessions ? { max: sessions.services, behaviour: sessions.behaviour, per: null } : null
  const ofModule = name.endsWith('.users') ? entryOf(modules, name.slice(0, -'.users'.length))?.users : undefined
  if (ofModule) return { ...ofModule, per: null }
  const meter = entryOf(limits.meters ?? {}, name)
  return meter ? { max: meter.max, behaviour: meter.behaviour, per: meter.per ?? null } : null
}
