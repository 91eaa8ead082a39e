import type { AuditReport, CountFigures, LevelFigures } from '@domicile/license/audit'
import { type FairUseLimit, fairUseLimits } from '@domicile/license/standing'
import { parseTerms } from '@domicile/license/terms'

/** What the terms call fair, held against what was counted in one month, or at most in the whole time. */
export interface FairUse {
  readonly what: string
  readonly clause: string
  readonly meter: string
  /** `2026-05`; null: the greatest of the whole period. */
  readonly month: string | null
  readonly used: number
  readonly agreed: number
  readonly over: number
}

/** By the licence that was in force at the end; empty when it agrees on nothing that was metered. */
export function fairUseOf({ figures, licences }: AuditReport): FairUse[] {
  const licence = licences.at(-1)?.claims
  if (!licence) return []
  return fairUseLimits(parseTerms(licence.terms.text), licence.limits).flatMap((limit) => {
    const counted = figures.meters[limit.meter]
    return counted ? rows(limit, counted) : []
  })
}

function rows(
  { what, clause, meter, per, max: agreed }: FairUseLimit,
  counted: LevelFigures | CountFigures,
): FairUse[] {
  const row = (month: string | null, used: number): FairUse => ({
    ...{ what, clause, meter, month, used, agreed },
    over: Math.max(0, used - agreed),
  })
  if (per === 'year') return yearsOf(counted).map(([year, used]) => row(year, used))
  if (per === 'month') {
    return counted.kind === 'count'
      ? counted.months.map(({ month, total }) => row(month, total))
      : counted.months.map(({ month, average }) => row(month, average))
  }
  return counted.kind === 'level' && counted.peak ? [row(null, counted.peak.value)] : []
}

/** Sums of counts; a level has no sum over a year. */
function yearsOf(counted: LevelFigures | CountFigures): [string, number][] {
  if (counted.kind !== 'count') return []
  const years = new Map<string, number>()
  for (const { month, total } of counted.months) {
    const year = month.slice(0, 4)
    years.set(year, (years.get(year) ?? 0) + total)
  }
  return [...years]
}
