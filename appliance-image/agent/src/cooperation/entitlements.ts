import type { Entitlements } from '@domicile/license/client'
import type { LicenceClaims } from '@domicile/license/document'
import type { Standing } from '@domicile/license/standing'

export interface Entitling {
  readonly standing: Standing
  /** In force, with renewals and receipts applied. */
  readonly licence: LicenceClaims | null
  /** Whether the gateway lets nobody in: because of the standing, or because there must be a licence and is none. */
  readonly blocked: boolean
  /** Name of the stack. */
  readonly product: string
}

/** What an application may show or switch on: dates, numbers and notices; nothing that says whose licence it is. */
export function entitlementsOf({ standing, licence, blocked, product }: Entitling): Entitlements {
  const { state, effects } = standing
  const { users, sessions, meters = {} } = effects.limits
  return {
    standing: state,
    readOnly: effects.readOnly,
    blocked,
    until: licence?.term.until ?? null,
    product,
    edition: licence?.edition ?? null,
    limits: {
      users: users?.max ?? null,
      sessions: sessions?.max ?? null,
      services: sessions?.services ?? null,
      meters: Object.fromEntries(Object.entries(meters).map(([name, { max }]) => [name, max])),
    },
    modules: licence && modulesOf(licence),
    maintenanceUntil: licence?.maintenanceUntil ?? null,
    notices: effects.notices.map(({ id, audience, texts }) => ({ id, audience, texts })),
  }
}

const modulesOf = ({ modules }: LicenceClaims) =>
  Object.fromEntries(
    Object.entries(modules).map(([name, { from = null, until = null, users }]) => [
      name,
      { from, until, users: users?.max ?? null },
    ]),
  )
