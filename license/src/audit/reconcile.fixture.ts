import type { LicenceClaims } from '../document/index.ts'
import { licenceOf, profile } from '../standing/history.fixture.ts'
import { HOUR_MS, hourOf, startOfHour } from '../utc.ts'
import { erpLicence, REPORTER, type Special, TestInstallation } from './audit.fixture.ts'
import { auditFigures } from './figures.ts'
import type { Licences } from './limits.ts'
import { reconcile } from './reconcile.ts'
import { parsePrices } from './reconcile-prices.ts'
import type { Reconciliation } from './reconcile-types.ts'
import type { AuditReport, Period, Reporter } from './types.ts'

/** Statements for tests: a made-up year of an installation, the reports of it, and what follows. */

/** Ten users and four sessions at most, by the contract that knows a penalty. */
export const erp = (more: Partial<LicenceClaims> = {}): LicenceClaims =>
  erpLicence({
    limits: { users: { max: 10, behaviour: 'refuse' }, sessions: { max: 4, behaviour: 'refuse', ...SEATS } },
    modules: {},
    installation: null,
    ...more,
  })
export const SEATS = { reserved: 0, services: 0, idleMinutes: 20 }

export const PRICES = parsePrices(`
currency: EUR
users: { licence: 120.00, maintenance: 2.35 }
sessions: { licence: 300, maintenance: 4.1 }
installations: { licence: 1000.01, maintenance: 10.00 }
modules:
  sale: { licence: 500.00, maintenance: 8.00, users: { licence: 40.00, maintenance: 1.00 } }
  stock: { licence: 700.00, maintenance: 9.00 }
meters:
  device_users: { month: 1.55 }
  invoices: { per: 100, month: 0.33 }
  disk_bytes: { per: 1000000000, licence: 0.90 }
tiers: { S: { month: 50.00 }, M: { month: 80.10 }, L: { month: 200.00 } }
`)

export interface Told {
  readonly licences?: Licences
  readonly reporter?: Partial<Reporter>
  readonly madeAt?: string
  readonly timezone?: string
}

/** What an appliance would report of some days, unsigned. */
export function reportOf(installation: TestInstallation, period: Period, told: Told = {}): AuditReport {
  const { licences = [{ from: '2025-12-01T00:00:00.000Z', claims: erp() }], timezone = 'Europe/Ljubljana' } = told
  const reporter = { ...REPORTER, ...told.reporter }
  const evidence = installation.evidence(period, timezone)
  const last = evidence.lines.at(-1)
  const head = last?.hash ?? ''
  return {
    ...{ reporter, period, timezone, evidence, licences, findings: [] },
    madeAt: told.madeAt ?? '2027-12-31T00:00:00Z',
    chain: { genesis: evidence.lines[0]?.hash ?? '', length: last?.n ?? 0, head, checkpoints: [] },
    figures: auditFigures({ reporter, period, timezone, evidence, licences }),
  }
}

/** An installation that lived some days, with what was special in them. */
export function lived(
  from: string,
  to: string,
  special: Special = {},
  flows: Parameters<TestInstallation['live']>[3] = {},
): TestInstallation {
  const installation = new TestInstallation()
  installation.write(`${from}T00:00Z`, 'begun', { installation: REPORTER.installation.id })
  return installation.live(from, to, special, flows)
}

export const statement = (
  reports: readonly AuditReport[],
  licence: LicenceClaims = erp(),
  prices: typeof PRICES | null = PRICES,
): Reconciliation => reconcile({ reports, licence, terms: profile(licence.terms.name), prices })

export const licensedBy = (name: string, more: Partial<LicenceClaims> = {}) =>
  licenceOf(name, { installation: null, modules: {}, limits: {}, ...more })

/** The same in every hour from one to another (`2026-05-12T08`, UTC), both counted in. */
export function hourly(from: string, to: string, special: Special[string]): Special {
  const hours: Record<string, Special[string]> = {}
  for (let at = startOfHour(from); at <= startOfHour(to); at += HOUR_MS) {
    hours[hourOf(at)] = special
  }
  return hours
}

/** The computation in a few words. */
export const charged = ({ charges }: Reconciliation) =>
  charges.map(({ kind, limit, quantity, months, price, amount }) => [kind, limit, quantity, months, price, amount])
