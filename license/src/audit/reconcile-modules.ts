import type { LicenceClaims } from '../document/index.ts'
import { entryOf } from '../entry-of.ts'
import { MODULE_FIRST_USED } from '../ledger/types.ts'
import { startOf, type Terms } from '../terms/index.ts'
import { iso } from '../utc.ts'
import { licenceAt } from './limits.ts'
import { endOfBlock, type Measured } from './reconcile-evidence.ts'
import { nonCompliance, spanOf } from './reconcile-excess.ts'
import type { InstallationUse, ModuleUse, Proof } from './reconcile-types.ts'

/** A piece of time in which a module was used. */
interface Use {
  readonly start: number
  readonly until: number
  readonly day: string
  readonly transactions: number
}

/** Modules that the licence names or that were counted, with what was used on days on which they were not licensed. */
export function moduleUses(
  all: readonly Measured[],
  licence: LicenceClaims,
  terms: Terms,
  titleOf: (name: string) => string,
): ModuleUse[] {
  const counted = all.flatMap((measured) => [...measured.blocks, ...measured.flows].flatMap(modulesIn))
  const names = [...new Set([...Object.keys(licence.modules), ...counted])].toSorted()
  const rule = terms.limits.modules
  return names.map((module) => {
    const uses = all.map((measured) => ({ measured, uses: usesOf(module, measured) }))
    const named = entryOf(licence.modules, module)
    const transactions = `${module}.transactions`
    return {
      module,
      title: titleOf(transactions) === transactions ? module : titleOf(transactions),
      licensed: named ? { from: named.from ?? null, until: named.until ?? null } : null,
      firstUsed: firstUsed(module, uses),
      transactions: sumOf(uses.flatMap((one) => one.uses.map((use) => use.transactions))),
      unlicensed: unlicensedUse(module, uses, licence, terms),
      breach: (rule?.behaviour ?? 'warn') !== 'count',
      clause: rule?.clause ?? '',
    }
  })
}

const OF_MODULE = /^(.+)\.(?:users|transactions)$/

const modulesIn = (one: { readonly counts: object; readonly levels?: object }): string[] =>
  [...Object.keys(one.counts), ...Object.keys(one.levels ?? {})].flatMap((name) => OF_MODULE.exec(name)?.[1] ?? [])

const sumOf = (numbers: readonly number[]) => (numbers.length === 0 ? null : numbers.reduce((a, b) => a + b, 0))

/** A module is used when something is entered; where nothing counts that, when somebody may use it. */
function usesOf(module: string, { blocks, flows, described }: Measured): Use[] {
  const entries = `${module}.transactions`
  const all = [...blocks, ...flows.map((flow) => ({ ...flow, minutes: 60 as const, levels: {} }))]
  const isCounted = described.has(entries) || all.some(({ counts }) => counts[entries] !== undefined)
  return all
    .flatMap((block): Use[] => {
      const users = (block.levels as Record<string, readonly number[]>)[`${module}.users`]?.[1] ?? 0
      const transactions = block.counts[entries] ?? 0
      const used = isCounted ? transactions > 0 : users > 0
      return used ? [{ start: block.start, until: endOfBlock(block as never), day: block.day, transactions }] : []
    })
    .toSorted((a, b) => a.start - b.start)
}

interface UsesOfOne {
  readonly measured: Measured
  readonly uses: readonly Use[]
}

/** By the record, which goes back to the beginning, or by what was counted. */
function firstUsed(module: string, all: readonly UsesOfOne[]): string | null {
  const instants = all.flatMap(({ measured: { lines }, uses }) => [
    ...lines.flatMap(({ kind, data }) =>
      kind === MODULE_FIRST_USED && data['module'] === module && typeof data['at'] === 'string'
        ? Date.parse(data['at'])
        : [],
    ),
    ...uses.slice(0, 1).map(({ start }) => start),
  ])
  const known = instants.filter((instant) => !Number.isNaN(instant))
  return known.length > 0 ? iso(Math.min(...known)) : null
}

/** A licence without any module licenses them all. */
function unlicensedUse(
  module: string,
  all: readonly UsesOfOne[],
  licence: LicenceClaims,
  { timezone }: Terms,
): ModuleUse['unlicensed'] {
  if (Object.keys(licence.modules).length === 0) return null
  const covers = (day: string, at: number, measured: Measured) =>
    [licence, licenceAt(measured.licences, at)].some((one) => one !== null && isLicensed(one, module, day))
  const beyond = all.flatMap(({ measured, uses }) =>
    uses.filter(({ day, start }) => !covers(day, start, measured)).map((use) => ({ ...use, measured })),
  )
  const first = beyond.toSorted((a, b) => a.start - b.start)[0]
  if (!first) return null
  const users = [...new Set(beyond.map(({ measured }) => measured))]
  const ends = users.map(({ until, installation }) => {
    const licensedFrom = entryOf(licence.modules, module)?.from
    const last = beyond.findLast(({ measured }) => measured.installation === installation) as Use
    const licensed = licensedFrom && licensedFrom > last.day ? startOf(licensedFrom, timezone) : null
    return licensed !== null && licensed <= until
      ? { until: licensed, open: false }
      : { until: Math.max(until, last.until), open: true }
  })
  return {
    ...nonCompliance(first.start, ends, timezone),
    hours: beyond.length,
    proof: users.map(({ installation }): Proof => {
      const own = beyond.filter(({ measured }) => measured.installation === installation)
      return { installation, from: iso(own[0]?.start ?? 0), until: iso(own.at(-1)?.until ?? 0) }
    }),
  }
}

function isLicensed({ modules }: LicenceClaims, module: string, day: string): boolean {
  if (Object.keys(modules).length === 0) return true
  const named = entryOf(modules, module)
  return named !== undefined && (named.from ?? day) <= day && day <= (named.until ?? day)
}

/** Production installations that reported, in the order in which they began, beside how many are licensed. */
export function installationUse(all: readonly Measured[], licence: LicenceClaims, terms: Terms): InstallationUse {
  const bound = licence.installation === null ? null : 1
  const licensed = licence.limits.installations?.max ?? bound
  const first = ({ blocks, until }: Measured) => blocks[0]?.start ?? until
  const inOrder = all.toSorted((a, b) => first(a) - first(b) || (a.installation < b.installation ? -1 : 1))
  const beyond = licensed === null ? [] : inOrder.slice(licensed)
  const [earliest] = beyond
  return {
    licensed,
    ids: inOrder.map(({ installation }) => installation),
    missing: beyond.length,
    clause: terms.limits.installations?.clause ?? '',
    breach: (licence.limits.installations?.behaviour ?? terms.limits.installations?.behaviour ?? 'warn') !== 'count',
    time: earliest
      ? nonCompliance(
          first(earliest),
          beyond.map(({ until }) => ({ until, open: true })),
          terms.timezone,
        )
      : null,
    proof: beyond.flatMap((measured) => spanOf(measured) ?? []),
  }
}
