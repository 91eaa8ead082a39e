import { createHash } from 'node:crypto'
import { LicenceRefusal } from '../refusal.ts'
import type { Claims, DocumentKind, LicenceClaims, Limits } from './claims.ts'

/** What a schema cannot see: claims that are each well formed and together make no sense. */

const LONGEST_TERM_YEARS = 30

/** @returns the first contradiction in words; null when there is none */
export function contradictionIn<K extends DocumentKind>(kind: K, claims: Claims<K>): string | null {
  const check = CHECKS[kind] as ((claims: Claims<K>) => string | null) | undefined
  return check?.(claims) ?? null
}

/**
 * @throws LicenceRefusal TERMS_ALTERED when the text of the terms is not the one whose hash stands beside it
 */
export function checkTermsHash({ text, sha256 }: LicenceClaims['terms']): void {
  const found = createHash('sha256').update(text).digest('hex')
  if (found !== sha256) throw termsAltered(sha256, found)
}

const CHECKS: { readonly [K in DocumentKind]?: (claims: Claims<K>) => string | null } = {
  licence: ({ iat, term, maintenanceUntil, paidThrough, limits, modules, tiers }) =>
    backwards('term', term.from, term.until) ??
    tooFar(iat, { 'term.until': term.until, maintenanceUntil, paidThrough }) ??
    reservedBeyond(limits) ??
    Object.entries(modules)
      .map(([name, { from, until }]) => backwards(`modules.${name}`, from, until))
      .find((problem) => problem !== null) ??
    (tiers ? stepsOutOfOrder(tiers) : null),
  renewal: ({ iat, until, maintenanceUntil, paidThrough, limits }) =>
    tooFar(iat, { until, maintenanceUntil, paidThrough }) ?? (limits ? reservedBeyond(limits) : null),
  receipt: ({ iat, paidThrough }) => tooFar(iat, { paidThrough }),
  order: ({ action, notice, urgent, effective }) => {
    if (notice === null) {
      return urgent || action === 'lift' || action === 'warn'
        ? null
        : 'notice: missing, and the order is not said to be urgent'
    }
    return Date.parse(notice.given) <= Date.parse(effective) ? null : 'notice.given: is after the order takes effect'
  },
  keys: ({ keys }) => {
    const kids = keys.map(({ kid }) => kid)
    const twice = kids.find((kid, index) => kids.indexOf(kid) !== index)
    return twice === undefined ? null : `keys: ${twice} is named twice`
  },
  anchor: ({ length, genesis, head }) =>
    (length === 1) === (head === genesis) ? null : `head: is not what ends a record of length ${length}`,
  usage: ({ period }) =>
    Date.parse(period.from) <= Date.parse(period.until) ? null : 'period.until: is before period.from',
}

const backwards = (path: string, from: string | undefined, until: string | null | undefined): string | null =>
  from && until && until < from ? `${path}.until: ${until} is before ${path}.from, ${from}` : null

/** A slip of the pen in a year would otherwise be a licence for good. */
function tooFar(iat: number, days: Readonly<Record<string, string | null | undefined>>): string | null {
  const last = new Date(iat * 1000)
  last.setUTCFullYear(last.getUTCFullYear() + LONGEST_TERM_YEARS)
  const bound = last.toISOString().slice(0, 10)
  const [name, day] = Object.entries(days).find(([, value]) => value && value > bound) ?? []
  return name ? `${name}: ${day} is more than ${LONGEST_TERM_YEARS} years after the document was made` : null
}

const reservedBeyond = ({ sessions }: Limits): string | null =>
  sessions && sessions.reserved > sessions.max
    ? `limits.sessions.reserved: ${sessions.reserved} of ${sessions.max} cannot be kept free`
    : null

function stepsOutOfOrder({ current, steps }: NonNullable<LicenceClaims['tiers']>): string | null {
  if (!steps.some(({ name }) => name === current)) return `tiers.current: ${current} is none of the steps`
  const broken = steps.findIndex(({ upTo }, index) => {
    const before = steps[index - 1]?.upTo
    return (upTo === null) !== (index === steps.length - 1) || (index > 0 && upTo !== null && upTo <= (before ?? 0))
  })
  return broken < 0 ? null : `tiers.steps.${broken}.upTo: amounts must grow, and the last one must be null`
}

const termsAltered = (said: string, found: string) =>
  new LicenceRefusal(`terms.sha256: ${said.slice(0, 16)}… is not the hash of terms.text, ${found.slice(0, 16)}….`, {
    code: 'TERMS_ALTERED',
    hint: 'Ask the vendor for a corrected licence: its terms are not those that were agreed on.',
    kind: 'unverified',
  })
