import type * as z from 'zod/mini'
import { LicenceRefusal } from '../refusal.ts'
import { quoted } from './armour.ts'
import { CLAIMS, type Claims, type DocumentKind, type LicenceClaims } from './claims.ts'
import { checkTermsHash, contradictionIn } from './contradictions.ts'

export interface CheckedClaims<K extends DocumentKind> {
  readonly claims: Claims<K>
  /** What this version does not know and therefore does not heed, a sentence each. */
  readonly warnings: readonly string[]
}

/**
 * Reads what a document says. A claim that is not known is left out with a warning; a value that is not known (such as the
 * behaviour of a limit) is refused, here and not on the day on which it would matter.
 * @throws LicenceRefusal CLAIM_WRONG, which names each claim (`limits.users.behaviour: …`); CLAIMS_CONTRADICT; TERMS_ALTERED
 */
export function checkClaims<K extends DocumentKind>(kind: K, raw: unknown): CheckedClaims<K> {
  const { claims, problems, unknown } = readClaims(kind, raw)
  if (!claims) throw wrong(problems)
  const contradiction = contradictionIn(kind, claims)
  if (contradiction !== null) throw contradicts(contradiction)
  if (kind === 'licence') checkTermsHash((claims as LicenceClaims).terms)
  return { claims, warnings: unknown.map((name) => `${name}: not known to this version, and not heeded`) }
}

export interface ReadClaims<K extends DocumentKind> {
  /** Null when something is wrong with them. */
  readonly claims: Claims<K> | null
  /** `path: what is wanted`, at most five. */
  readonly problems: readonly string[]
  /** Paths of claims that are not known, at most twenty. */
  readonly unknown: readonly string[]
}

/** Looks at claims one by one, and throws nothing. */
export function readClaims<K extends DocumentKind>(kind: K, raw: unknown): ReadClaims<K> {
  // The schema that belongs to K; TypeScript does not follow an indexed union that far.
  const schema = CLAIMS[kind] as unknown as z.ZodMiniType<Claims<K>>
  const { success, data, error } = schema.safeParse(raw)
  if (!success) {
    const first = new Map(error.issues.toReversed().map((issue) => [issue.path.join('.'), issue]))
    const problems = [...first.values()].toReversed().slice(0, 5)
    return { claims: null, problems: problems.map((issue) => inWords(issue, raw)), unknown: [] }
  }
  return { claims: data, problems: [], unknown: unknownNames(raw, data, '').slice(0, 20) }
}

function inWords(issue: z.core.$ZodIssue, raw: unknown): string {
  const at = issue.path.map(printable).join('.') || 'the document'
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    raw,
  )
  if (value === undefined && issue.code !== 'invalid_key') return `${at}: is missing`
  return `${at}: ${wish(issue)}${issue.code === 'invalid_key' ? '' : `, not ${quoted(value)}`}`
}

/** zod/mini has no messages of its own, and those of zod, where it is loaded too, speak of types. */
function wish(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of the type ${issue.expected}`}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`
    case 'too_big':
      return `must be at most ${issue.maximum}${unit(issue.origin)}`
    case 'invalid_format':
      return FORMATS[issue.format] ?? issue.message
    case 'invalid_key':
      return `the name ${issue.issues[0]?.message ?? 'is not allowed'}`
    default:
      return issue.message
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'must be a day such as 2027-01-31',
  datetime: 'must be an instant in UTC such as 2027-01-31T12:00:00Z',
  uuid: 'must be a UUID',
  url: 'must be an address that begins with https://',
}

const unit = (origin: string): string =>
  origin === 'string' ? ' characters long' : origin === 'array' ? ' entries long' : ''

/** Paths of what is in the document and was not taken over. */
function unknownNames(raw: unknown, known: unknown, path: string): string[] {
  if (Array.isArray(raw) && Array.isArray(known)) {
    return raw.flatMap((entry, index) => unknownNames(entry, known[index], `${path}${index}.`))
  }
  if (!isObject(raw) || !isObject(known)) return []
  return Object.keys(raw).flatMap((name) =>
    Object.hasOwn(known, name)
      ? unknownNames(raw[name], known[name], `${path}${printable(name)}.`)
      : [`${path}${printable(name)}`],
  )
}

/** The name of a claim in a path; whoever made the document chose it. */
const printable = (name: PropertyKey): string => quoted(String(name)).slice(1, -1)

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const wrong = (problems: readonly string[]) =>
  new LicenceRefusal(`The document says what this version cannot carry out. ${problems.join('; ')}.`, {
    code: 'CLAIM_WRONG',
    hint: 'Ask the vendor for a corrected document, or install the release that it was made for. What was in force stays in force.',
    kind: 'unreadable',
  })

const contradicts = (what: string) =>
  new LicenceRefusal(`The document contradicts itself. ${what}.`, {
    code: 'CLAIMS_CONTRADICT',
    hint: 'Ask the vendor for a corrected document. What was in force stays in force.',
    kind: 'unreadable',
  })
