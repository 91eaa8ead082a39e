import { parseDocument } from 'yaml'
import * as z from 'zod/mini'
import { entryOf } from '../entry-of.ts'
import { LicenceRefusal } from '../refusal.ts'

/**
 * A price list, as a vendor writes it. Amounts are read as they are written (`120`, `120.5`, `120.50`), never as a number
 * of the machine, and everything is computed in whole cents.
 */

const amount = z.string().check(z.regex(/^\d{1,12}(\.\d{1,2})?$/, 'must be an amount such as 120.00'))
const whole = z.string().check(z.regex(/^[1-9]\d{0,14}$/, 'must be a whole number from 1'))

const unitShape = {
  /** One price is for so many; one when left out. */
  per: z.optional(whole),
  /** One licence, once. */
  licence: z.optional(amount),
  /** Maintenance of one licence for a month. */
  maintenance: z.optional(amount),
  /** One more than is licensed, where that is only counted and billed: for a month (or year) in which it was used. */
  month: z.optional(amount),
}
const unit = z.strictObject(unitShape)
const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'must be a name'))

export const pricesSchema = z.strictObject({
  currency: z.string().check(z.regex(/^[A-Z]{3}$/, 'must be three capital letters, such as EUR')),
  users: z.optional(unit),
  sessions: z.optional(unit),
  services: z.optional(unit),
  installations: z.optional(unit),
  modules: z._default(z.record(name, z.strictObject({ ...unitShape, users: z.optional(unit) })), {}),
  meters: z._default(z.record(name, unit), {}),
  /** The fee of each tier for a month. */
  tiers: z._default(z.record(name, z.strictObject({ month: amount })), {}),
})

/** Amounts as decimal text. */
export type Prices = z.infer<typeof pricesSchema>
export type UnitPrice = z.infer<typeof unit>

const LARGEST = 256 * 1024

/** @throws LicenceRefusal PRICES_INVALID that names each line's path */
export function parsePrices(text: string): Prices {
  if (text.length > LARGEST) throw refusal(['it is too large'])
  // Without a schema of its own YAML leaves every value as it is written: 120.00 stays 120.00.
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: true, prettyErrors: false })
  if (document.errors.length > 0) throw refusal(document.errors.map(({ message }) => message))
  const { success, data, error } = pricesSchema.safeParse(contentOf(document))
  if (success) return data
  throw refusal(error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'the list'}: ${inWords(issue)}`))
}

function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    throw refusal([(error as Error).message])
  }
}

function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')} is not known here`
  if (issue.code === 'invalid_type') return `must be given, as ${issue.expected}`
  return issue.message
}

/** What one of a limit costs; null: no price is known. */
export function unitPrice(prices: Prices, limit: string): UnitPrice | null {
  if (limit === 'users' || limit === 'sessions' || limit === 'services' || limit === 'installations') {
    return prices[limit] ?? null
  }
  const module = entryOf(prices.modules, limit.replace(/\.users$/, ''))
  return entryOf(prices.meters, limit) ?? (limit.endsWith('.users') ? (module?.users ?? null) : null)
}

/** In cents, exactly. */
export function cents(written: string): bigint {
  const [units = '0', rest = ''] = written.split('.')
  return BigInt(units) * 100n + BigInt(rest.padEnd(2, '0'))
}

/** `1234.50`, `-3.00`. */
export function written(amountInCents: bigint): string {
  const digits = String(amountInCents < 0n ? -amountInCents : amountInCents).padStart(3, '0')
  return `${amountInCents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** How many prices so many cost: of what is sold by the thousand, a begun thousand counts. */
export const lots = (quantity: number, { per = '1' }: Pick<UnitPrice, 'per'>): number =>
  Math.ceil(quantity / Number(per))

const refusal = (problems: readonly string[]) =>
  new LicenceRefusal(`The price list is not valid: ${problems.join('; ').replaceAll(/\s+/g, ' ')}.`, {
    code: 'PRICES_INVALID',
    hint: 'Correct what is named above. Amounts are written as 120.00, without signs for the currency or thousands.',
    kind: 'unreadable',
  })
