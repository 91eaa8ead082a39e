import type { LicenceClaims } from '../document/index.ts'
import { entryOf } from '../entry-of.ts'
import { type MeterDescription, type MeterName, MODULE_FIRST_USED, type ModuleFirstUsedData } from '../ledger/index.ts'
import type { RecordLine } from '../record/index.ts'
import { mayLeave } from './record-kinds.ts'
import type { CountFigures, LevelFigures, ModuleFigures } from './types.ts'

export type Metered = ReadonlyMap<MeterName, LevelFigures | CountFigures>

interface ModulesParts {
  readonly lines: readonly RecordLine[]
  /** In force at the end of the period. */
  readonly licence: LicenceClaims | null
  readonly descriptions: readonly MeterDescription[]
  readonly metered: Metered
  /** End of the period. */
  readonly until: number
}

/** What was metered, by module, and what belongs to none. A module that is licensed and was never metered is there too. */
export function modulesOf({ lines, licence, descriptions, metered, until }: ModulesParts): {
  readonly modules: Readonly<Record<string, ModuleFigures>>
  readonly others: Readonly<Record<MeterName, LevelFigures | CountFigures>>
} {
  const firstUsed = firstUses(lines, until)
  const ofModules = [...metered.keys()].filter((name) => partsOf(name) !== null)
  const names = new Set([
    ...Object.keys(licence?.modules ?? {}),
    ...descriptions.flatMap(({ module }) => module ?? []),
    ...ofModules.map((name) => partsOf(name)?.module as string),
    ...firstUsed.keys(),
  ])
  const module = (name: string): ModuleFigures => {
    const users = metered.get(`${name}.users`)
    const transactions = metered.get(`${name}.transactions`)
    return {
      title: descriptions.find((one) => one.module === name)?.title ?? null,
      licensed: licensed(licence, name),
      firstUsed: firstUsed.get(name) ?? null,
      users: users?.kind === 'level' ? users : null,
      transactions: transactions?.kind === 'count' ? transactions : null,
    }
  }
  return {
    modules: Object.fromEntries([...names].toSorted().map((name) => [name, module(name)])),
    others: byName([...metered].filter(([name]) => partsOf(name) === null)),
  }
}

/** `sale.users`, `sale.transactions`. */
function partsOf(name: MeterName): { module: string; what: string } | null {
  const [, module, what] = /^([^.]+)\.(users|transactions)$/.exec(name) ?? []
  return module && what ? { module, what } : null
}

function licensed(licence: LicenceClaims | null, name: string): ModuleFigures['licensed'] {
  const module = licence ? entryOf(licence.modules, name) : undefined
  if (!module) return null
  return { from: module.from ?? null, until: module.until ?? null, users: module.users?.max ?? null }
}

/** The earliest of each: a record may say it again after the samples that it knew it from were lost. */
function firstUses(lines: readonly RecordLine[], until: number): Map<string, string> {
  const first = new Map<string, string>()
  for (const line of lines) {
    if (line.kind !== MODULE_FIRST_USED || !mayLeave(line)) continue
    const { module, at } = line.data as unknown as ModuleFirstUsedData
    const known = first.get(module)
    if (Date.parse(at) < until && (known === undefined || at < known)) first.set(module, at)
  }
  return first
}

const byName = <T>(entries: [string, T][]): Record<string, T> =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
