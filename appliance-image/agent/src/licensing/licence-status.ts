import type { Usage } from '@domicile/license/standing'
import type { Audits } from '../auditing/audits.ts'
import type { Config } from '../config.ts'
import type { Enforcer } from '../enforcement/enforcer.ts'
import { type Gate, type GateStanding, IDLE_MINUTES } from '../gate/index.ts'
import type { Metering } from '../metering/metering.ts'
import type { Advice, LicenceStatus, VerbResponse } from '../protocol.ts'
import type { LicenceKeeper } from './licence-keeper.ts'

/** What carries out the contract, at work. */
export interface Working {
  readonly keeper: LicenceKeeper
  readonly enforcer: Enforcer
  readonly gate: Gate
  readonly metering: Metering
  readonly audits: Audits
  /** When the seats of before the start are known. */
  readonly loaded: Promise<void>
}

export const idleMinutesOf = ({ standing }: LicenceKeeper) =>
  standing.effects.limits.sessions?.idleMinutes ?? IDLE_MINUTES

/** What the gate must know of it. */
export function gateStanding(keeper: LicenceKeeper, { title, license }: Config['product']): GateStanding {
  const { blocked, readOnly, notices, limits } = keeper.standing.effects
  const maintenance = keeper.maintenance
  return {
    // What a licence says outweighs that there must be one; and whoever cannot decide lets people in.
    blocked: blocked ?? (license === 'required' && keeper.neverLicensed ? { page: 'unlicensed' } : null),
    readOnly,
    notices,
    sessions: limits.sessions ?? null,
    contact: keeper.licence?.contact ?? null,
    title,
    maintenance: maintenance && { ...maintenance, text: maintenance.text ?? undefined },
  }
}

/** What a person reads who may not activate one more user. */
export function guardMessage({ licence }: LicenceKeeper): string {
  const ask = licence?.contact ?? licence?.iss ?? 'the vendor'
  return `{used} of {allowed} named users are active. Deactivate one first, or ask ${ask} for a larger licence.`
}

/** Everything about the licence, for `license show`. */
export function licenceStatus({ keeper, enforcer, gate, metering, audits }: Working): LicenceStatus {
  const { sessions } = keeper.standing.effects.limits
  const { working } = gate.seats.counts(idleMinutesOf(keeper))
  return {
    ...keeper.status(),
    usage: {
      users: enforcer.users,
      sessions: { used: sessions ? working.people + working.administrators : null, max: sessions?.max ?? null },
      services: { used: sessions ? working.services : null, max: sessions?.services ?? null },
    },
    findings: [
      ...[...keeper.findings, ...audits.findings, ...metering.findings, ...enforcer.findings],
      ...(gate.seats.reachable ? [] : [SEATS_UNREACHABLE]),
    ],
  }
}

/** Numbers of now, as a standing follows from them. */
export function usageOf({ usage }: LicenceStatus, metering: Metering): Usage {
  const { users, sessions: _, ...levels } = metering.levels()
  const known = Object.entries(levels).filter((level): level is [string, number] => level[1] !== null)
  const meters = Object.fromEntries(known)
  return { users: usage.users.used ?? users ?? null, sessions: usage.sessions.used, meters }
}

/** The least that one must know. */
export function summary({ standing, findings }: LicenceStatus): VerbResponse<'status'>['licence'] {
  const { state, since, until, reasons, next, effects } = standing
  return {
    standing: state,
    since,
    until,
    next: until ? (next?.state ?? null) : null,
    reasons: reasons.map(({ text }) => text),
    due: effects.notices.map(({ key }) => key),
    findings: [...findings],
  }
}

const SEATS_UNREACHABLE: Advice = {
  code: 'SEATS_UNREACHABLE',
  message: 'The table of seats does not answer: whoever has one keeps it, and everybody else is let in.',
  hint: 'See whether PostgreSQL runs: domicile status',
}
