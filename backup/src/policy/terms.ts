import { BackupRefusal } from '../refusal.ts'

/** How long copies are kept, in whole calendar periods after the one that a copy stands for. */
export interface Keep {
  readonly days: number
  readonly weeks: number
  readonly months: number
}

export interface PolicyTerms extends Keep {
  /** IANA name of the zone whose calendar counts. */
  readonly timeZone: string
}

/** `backups` of a terms profile. */
export interface BackupClause {
  readonly dailyDays: number
  readonly weeklyWeeks: number
  readonly monthlyMonths: number
  readonly places: number
  readonly clause: string
}

export const KEEPS = ['days', 'weeks', 'months'] as const
export const DEFAULT_KEEP: Keep = { days: 7, weeks: 4, months: 2 }

/** More than this would be for ever. */
export const LONGEST: Keep = { days: 3660, weeks: 520, months: 1200 }

/** What somebody chose beyond what must be; left out: as the contract wants it. */
export type Configured = { readonly [Part in keyof Keep]?: number | undefined }

export type Origin = 'default' | 'contract' | 'configured'

export interface EffectiveTerms extends Keep {
  /** What it may not go below, who says so, and where each number comes from. */
  readonly least: Keep
  readonly leastFrom: Readonly<Record<keyof Keep, 'default' | 'contract'>>
  readonly origins: Readonly<Record<keyof Keep, Origin>>
  /** Of the contract; null: it says nothing about backups, or there is none. */
  readonly clause: string | null
  readonly places: number
}

/**
 * The rule that holds: the greatest of what Domicile does without being told, what the contract wants and what somebody
 * chose. A contract that asks for less than the default has not asked for copies to be removed.
 */
export function effectiveTerms(contract: BackupClause | null, configured: Configured): EffectiveTerms {
  const wanted: Keep = contract
    ? { days: contract.dailyDays, weeks: contract.weeklyWeeks, months: contract.monthlyMonths }
    : { days: 0, weeks: 0, months: 0 }
  const of = (part: keyof Keep) => {
    const least = Math.max(DEFAULT_KEEP[part], wanted[part])
    const value = Math.max(least, configured[part] ?? 0)
    const leastFrom = wanted[part] === least ? ('contract' as const) : ('default' as const)
    const origin: Origin = value > least ? 'configured' : leastFrom
    return { least, leastFrom, value, origin }
  }
  const [days, weeks, months] = [of('days'), of('weeks'), of('months')]
  return {
    ...{ days: days.value, weeks: weeks.value, months: months.value },
    least: { days: days.least, weeks: weeks.least, months: months.least },
    leastFrom: { days: days.leastFrom, weeks: weeks.leastFrom, months: months.leastFrom },
    origins: { days: days.origin, weeks: weeks.origin, months: months.origin },
    clause: contract?.clause ?? null,
    places: contract?.places ?? 1,
  }
}

/** @throws BackupRefusal POLICY_TOO_SHORT (refused), POLICY_TOO_LONG (usage) when it may not be chosen */
export function checkConfigured(configured: Configured, { least, leastFrom, clause }: EffectiveTerms): void {
  for (const part of KEEPS) {
    const chosen = configured[part]
    if (chosen === undefined) continue
    if (chosen > LONGEST[part]) {
      throw new BackupRefusal(`${chosen} ${part} are for ever; ${LONGEST[part]} is the most.`, {
        code: 'POLICY_TOO_LONG',
        hint: 'To keep one snapshot for good, hold it: `domicile backup hold SNAPSHOT REASON`.',
        kind: 'usage',
      })
    }
    if (chosen >= least[part]) continue
    throw new BackupRefusal(`${chosen} ${part} are less than the ${least[part]} for which copies must be kept.`, {
      code: 'POLICY_TOO_SHORT',
      hint: `${leastFrom[part] === 'contract' ? `The contract says so (clause ${clause})` : 'That is the least, whatever a contract says'}. Give ${part}=${least[part]} or more.`,
    })
  }
}
