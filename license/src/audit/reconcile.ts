import { type LicenceClaims, limitNamed } from '../document/index.ts'
import { type MeterDescription, SYSTEM_METERS } from '../ledger/types.ts'
import type { Terms } from '../terms/index.ts'
import { chargesOf, totalsOf } from './reconcile-charges.ts'
import { joined, levelFigures, type Measured, measuredBy, sourceOf } from './reconcile-evidence.ts'
import { billedLevels, exceeded, excessesOf, type Named } from './reconcile-excess.ts'
import { installationUse, moduleUses } from './reconcile-modules.ts'
import { fairUseExcesses, overspent } from './reconcile-periods.ts'
import type { Prices } from './reconcile-prices.ts'
import { tierMoves } from './reconcile-tiers.ts'
import type { LimitUse, Reconciliation, Source } from './reconcile-types.ts'
import type { AuditReport } from './types.ts'

export interface ReconcileRequest {
  /** Of any installations and periods, in any order. What is wrong with them is repeated, not judged. */
  readonly reports: readonly AuditReport[]
  /** With its renewals applied (`effectiveLicence`). */
  readonly licence: LicenceClaims
  /** Those of the licence, parsed. */
  readonly terms: Terms
  readonly prices: Prices | null
}

/**
 * What follows from the use that reports prove, by the terms of the licence: a pure function of the three, so that both
 * sides come to the same. The limit that counts is the one that was in force in each hour. It is a statement about the
 * past; nothing that accepts documents asks for it.
 */
export function reconcile({ reports, licence, terms, prices }: ReconcileRequest): Reconciliation {
  const sources = reports.map((report) => sourceOf(report, licence.contract))
  const counted = reports.filter((_, index) => sources[index]?.counted)
  const byInstallation = Map.groupBy(counted, ({ reporter }) => reporter.installation.id)
  const all = [...byInstallation].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => measuredBy(own, terms))
  const titleOf = titles(counted)
  const named = (limit: string): Named => ({ limit, title: titleOf(limit), clause: clauseOf(terms, limit) })
  const isBilled = (limit: string) => behaviourOf(limit, licence, terms) === 'count'
  const levels = exceeded(all).map(named)
  const periodic = Object.keys(licence.limits.meters ?? {}).map(named)
  const spent = periodic.flatMap((one) => overspent(one, all, licence, terms))
  const use = {
    period: periodOf(all),
    excesses: levels.filter(({ limit }) => !isBilled(limit)).flatMap((one) => excessesOf(one, all, licence, terms)),
    overspent: spent.filter(({ limit }) => !isBilled(limit)),
    modules: moduleUses(all, licence, terms, titleOf),
    installations: installationUse(all, licence, terms),
    billed: [
      ...levels.filter(({ limit }) => isBilled(limit)).flatMap((one) => billedLevels(one, all)),
      ...spent.filter(({ limit }) => isBilled(limit)),
    ],
    tiers: tierMoves(all, licence, terms),
  }
  const charges = chargesOf(use, terms, prices)
  const statement = {
    ...use,
    ...{ contract: contractOf(licence, terms), timezone: terms.timezone, sources, charges },
    ...{ limits: limitUses(all, licence, terms, titleOf), fairUse: fairUseExcesses(all, licence, terms) },
    totals: totalsOf(charges, prices),
  }
  return { ...statement, notes: notesOn(statement, all, terms) }
}

const contractOf = (licence: LicenceClaims, terms: Terms): Reconciliation['contract'] => ({
  ...{ number: licence.contract, vendor: licence.iss, product: licence.product, licence: licence.jti },
  customer: {
    ...{ name: licence.customer.name, taxNumber: licence.customer.taxNumber },
    address: licence.customer.address ?? null,
  },
  terms: { name: terms.name, version: terms.version, title: terms.title, sha256: licence.terms.sha256 },
})

function periodOf(all: readonly Measured[]) {
  const periods = joined(all.flatMap((one) => one.periods))
  const [first] = periods
  const last = periods.at(-1)
  return first && last ? { from: first.from, to: last.to } : null
}

/** As the stack or the appliance itself calls what is counted. */
function titles(reports: readonly AuditReport[]): (name: string) => string {
  const own = Object.entries(SYSTEM_METERS).map(([name, { title }]) => [name, title] as const)
  const told = reports.flatMap(({ figures }) => figures.descriptions.map((one) => [one.name, titleIn(one)] as const))
  const known = new Map<string, string>([...own, ['installations', 'Installations'], ...told])
  return (name) => known.get(name) ?? name
}

/** Users of a module have the title of the module, which alone would not say who is counted. */
const titleIn = ({ name, title, module }: MeterDescription) =>
  module !== null && name === `${module}.users` ? `Users of ${title}` : title

const ruleOf = ({ limits }: Terms, limit: string) => {
  if (limit === 'users' || limit === 'sessions' || limit === 'installations') return limits[limit]
  if (limit === 'services') return limits.sessions
  return limit.endsWith('.users') ? (limits.modules ?? limits.users) : limits.meters
}

const clauseOf = (terms: Terms, limit: string) => ruleOf(terms, limit)?.clause ?? ''

const behaviourOf = (limit: string, licence: LicenceClaims, terms: Terms) =>
  limitNamed(licence, limit)?.behaviour ?? ruleOf(terms, limit)?.behaviour ?? 'warn'

/** What the licence names, beside the greatest that was measured. */
function limitUses(
  all: readonly Measured[],
  licence: LicenceClaims,
  terms: Terms,
  titleOf: (name: string) => string,
): LimitUse[] {
  const { users, sessions, installations, meters = {} } = licence.limits
  const ofModules = Object.entries(licence.modules).flatMap(([module, own]) => (own.users ? `${module}.users` : []))
  const names = [...(users ? ['users'] : []), ...(sessions ? ['sessions'] : []), ...ofModules, ...Object.keys(meters)]
  const measured = names.flatMap((limit): LimitUse[] => {
    const own = limitNamed(licence, limit)
    if (!own) return []
    const figures = all.map((one) => ({ one, figures: levelFigures(limit, one.blocks, one) }))
    const peaks = figures.flatMap(({ one, figures: { peak } }) =>
      peak ? [{ ...peak, installation: one.installation }] : [],
    )
    return [
      {
        ...{ limit, title: titleOf(limit), ...own, clause: clauseOf(terms, limit) },
        peak: own.per === null ? (peaks.toSorted((a, b) => b.value - a.value)[0] ?? null) : null,
        overMinutes: figures.reduce((sum, one) => sum + one.figures.overMinutes, 0),
      },
    ]
  })
  if (!installations) return measured
  const title = titleOf('installations')
  const clause = clauseOf(terms, 'installations')
  return [
    ...measured,
    { limit: 'installations', title, ...installations, per: null, clause, peak: null, overMinutes: 0 },
  ]
}

function notesOn(statement: Omit<Reconciliation, 'notes'>, all: readonly Measured[], terms: Terms): string[] {
  const { sources, excesses, overspent: spent, modules, installations, totals } = statement
  const breach = excesses.length + spent.length + installations.missing + modules.filter((one) => one.unlicensed).length
  const unknown = sources.filter(({ counted }) => counted).flatMap(({ gaps }) => gaps)
  const minutes = unknown.reduce((sum, gap) => sum + gap.minutes, 0)
  return [
    ...uncounted(sources),
    ...(sources.some(({ findings }) => findings.length > 0)
      ? ['Not everything in the reports holds; see what is wrong with them before relying on a figure.']
      : []),
    'Use is measured each minute. An interval is made of whole hours of UTC; its minutes above the limit are counted. The limit that counts is the one that was in force in that hour.',
    'Time out of compliance runs from the first hour above the limit until the end of the last; if use was still above it when last looked at, until the end of what is reported. Months are counted as begun from the first day.',
    ...(minutes > 0
      ? [`${minutes} minutes were not measured. They count as nothing, neither for nor against anybody.`]
      : []),
    ...elsewhere(all, statement.contract.licence),
    ...(all.length > 1
      ? [
          'Users and sessions of different installations are not added up: without names nobody can tell who is counted in both.',
        ]
      : []),
    ...(breach > 0 && !terms.excess
      ? ['These terms name no charge for use beyond the licence: it is stated, not charged.']
      : []),
    ...(terms.excess && breach > 0 ? [terms.excess.text] : []),
    ...(totals && !totals.complete ? ['Lines without a price are in no sum.'] : []),
    ...(totals
      ? ['Amounts are without taxes. Whether a penalty is claimed is for the parties to decide; it is in no other sum.']
      : []),
    'This is a statement about the past. It changes no licence and is no condition of a renewal.',
  ]
}

/** A licence counts from when it is brought in; one that never was, was no limit there. */
const elsewhere = (all: readonly Measured[], licence: string) =>
  all
    .filter(({ licences }) => licences.every(({ claims }) => claims.jti !== licence))
    .map(
      ({ installation }) => `This licence was never brought in on ${installation}: its limits were not in force there.`,
    )

const uncounted = (sources: readonly Source[]) =>
  sources
    .filter(({ counted }) => !counted)
    .map(
      ({ installation, why, period }) =>
        `The report of ${installation} for ${period.from} to ${period.to} is not counted: ${why}.`,
    )
