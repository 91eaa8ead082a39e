import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LicenceClaims } from '../document/index.ts'
import { licence as anyLicence, order, receipt, renewal } from '../document/testing.fixture.ts'
import { parseTerms, plusDays, startOf, type Terms } from '../terms/index.ts'
import { standing } from './standing.ts'
import type { Standing, StandingEvent, Usage } from './types.ts'

/** Histories for tests, told by days of the contract. */

export const USAGE: Usage = { users: 3, sessions: 1, meters: {} }

export const profileText = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../terms', `${name}.yaml`), 'utf8')

export const profile = (name: string): Terms => parseTerms(profileText(name))

/** Bought for good, nothing owed, unless the test says otherwise. */
export const licenceOf = (name: string, more: Partial<LicenceClaims> = {}): LicenceClaims =>
  anyLicence({
    ...{ term: { from: '2026-01-01', until: null }, maintenanceUntil: null, paidThrough: null },
    terms: { name, version: 1, sha256: '0'.repeat(64), text: profileText(name) },
    ...more,
  })

export class History {
  readonly terms: Terms
  events: StandingEvent[] = []
  #number = 100

  constructor(name: string, licence: Partial<LicenceClaims> = {}) {
    this.terms = profile(name)
    this.import(licence.term?.from ?? '2026-01-01', licenceOf(name, licence))
  }

  /** Midnight at the beginning of a day, and so many hours more. */
  at(day: string, hours = 0): number {
    return startOf(day, this.terms.timezone) + hours * 3_600_000
  }

  import(day: string, claims: LicenceClaims, hours = 0): this {
    return this.#add(day, hours, { kind: 'imported', document: 'licence', claims })
  }

  receipt(day: string, paidThrough: string, hours = 0): this {
    const claims = receipt({ paidThrough, seq: this.#next() })
    return this.#add(day, hours, { kind: 'imported', document: 'receipt', claims })
  }

  renewal(day: string, more: Parameters<typeof renewal>[0], hours = 0): this {
    const claims = renewal({ seq: this.#next(), ...more })
    if (more && !('until' in more)) delete claims.until
    return this.#add(day, hours, { kind: 'imported', document: 'renewal', claims })
  }

  order(day: string, more: Parameters<typeof order>[0], hours = 0): this {
    const at = new Date(this.at(day, hours)).toISOString()
    const given = new Date(this.at(day, hours - 24)).toISOString()
    const claims = order({ seq: this.#next(), effective: at, notice: { given, text: 'By mail.' }, ...more })
    return this.#add(day, hours, { kind: 'imported', document: 'order', claims })
  }

  terminated(day: string, effective: string): this {
    return this.#add(day, 12, { kind: 'terminated', effective, reason: 'The customer gave notice.' })
  }

  metered(day: string, value: number, meter = 'sales'): this {
    return this.#add(day, 12, { kind: 'metered', meter, value })
  }

  shown(day: string, key: string, hours = 0): this {
    return this.#add(day, hours, { kind: 'notice-shown', key })
  }

  /** Everything that is due to be said on a day is said. */
  tell(day: string, hours = 0): this {
    for (let round = 0; round < 10; round += 1) {
      const fresh = this.standing(day, hours).effects.notices.filter(
        ({ key }) => !this.events.some((event) => event.kind === 'notice-shown' && event.key === key),
      )
      if (fresh.length === 0) break
      for (const { key } of fresh) this.shown(day, key, hours)
    }
    return this
  }

  /** As `tell`, on every day from one to another. */
  tellDaily(from: string, to: string): this {
    for (let day = from; day <= to; day = plusDays(day, 1)) this.tell(day)
    return this
  }

  standing(day: string, hours = 0, usage = USAGE): Standing {
    return standing({ events: this.events, usage, now: this.at(day, hours), terms: this.terms })
  }

  #next = () => this.#number++

  #add(day: string, hours: number, event: Record<string, unknown>): this {
    const at = new Date(this.at(day, hours)).toISOString()
    const later = this.events.findIndex((one) => one.at > at)
    this.events.splice(later < 0 ? this.events.length : later, 0, { at, ...event } as StandingEvent)
    return this
  }
}

/** A state and what is done in it, in a few words. */
export function brief({ state, effects }: Standing): string {
  const { readOnly, blocked, purgeFrom } = effects
  return [
    state,
    ...(readOnly ? ['read-only'] : []),
    ...(blocked ? [`closed: ${blocked.page}`] : []),
    ...(purgeFrom ? [`purge`] : []),
  ].join(', ')
}
