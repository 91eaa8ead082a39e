import type { Reconciliation } from '@domicile/license/audit'
import { z } from 'zod'
import type { Same } from './same.ts'

/** What `vendor audit reconcile` prints with `--json`. Instants are in UTC; days and months are those of the contract's time zone. */

const instant = z.string().describe('ISO 8601 in UTC.')
const day = z.string().describe('YYYY-MM-DD.')
const clause = z.string().describe('Of the contract; empty: the terms name none.')
const amount = z.string().describe('Decimal text with two places, in the currency of the price list.')
const behaviour = z.enum(['refuse', 'warn', 'count'])
const period = z.object({ from: day, to: day }).describe('Both inclusive.')
const installation = z.string().describe('Its number, a UUID.')
const unit = z.string().describe('As the terms write it, such as GB; empty: pieces.')
const finding = {
  code: z.string().describe('UPPER_SNAKE and stable; docs/vendor/audits.md says what each means.'),
  day: day.nullable().describe('In UTC; null: it is about the whole.'),
  message: z.string(),
}

const proof = z
  .array(z.object({ installation, from: z.string(), until: z.string() }))
  .describe('Hours that it rests on.')

const time = {
  ...{ from: instant, until: instant },
  open: z.boolean().describe('It had not ended when it was reported.'),
  ...{ firstDay: day, lastDay: day, days: z.int() },
  months: z.int().describe('Begun, each counted from the first day.'),
}

const inPeriod = z.object({
  kind: z.literal('period'),
  ...{ limit: z.string(), title: z.string(), clause, installation },
  in: z.string().describe('YYYY-MM, or YYYY of a year.'),
  ...{ used: z.number(), max: z.number(), over: z.number(), unit },
  whole: z.boolean().describe('false: the reports hold only a part of it; then it is at least so much.'),
})

const stretch = z.object({
  kind: z.literal('stretch'),
  ...{ limit: z.string(), title: z.string(), clause, installation, from: instant, until: instant },
  ...{ used: z.number(), max: z.number(), over: z.number(), unit },
})

const overUse = z.object({
  ...{ from: instant, until: instant, peak: z.number(), limit: z.number(), minutes: z.int(), installation },
})

const gap = z.object({
  ...{ from: instant, until: instant, minutes: z.int(), reason: z.string(), explained: z.boolean() },
})

const source = z.object({
  ...{ installation, purpose: z.enum(['production', 'standby', 'test']), version: z.string(), period },
  ...{ madeAt: instant, head: z.string(), lines: z.int() },
  counted: z.boolean(),
  why: z.string().describe('It is not counted; empty when it is.'),
  ...{ gaps: z.array(gap), findings: z.array(z.object(finding)) },
})

const limit = z.object({
  limit: z.string().describe('users, sessions, installations, sale.users, or the name of a meter.'),
  ...{ title: z.string(), max: z.number(), per: z.enum(['month', 'year']).nullable(), behaviour, clause },
  peak: z.object({ value: z.number(), at: instant, installation }).nullable().describe('null: not measured.'),
  overMinutes: z.int(),
})

const excess = z.object({
  ...{ limit: z.string(), title: z.string(), clause },
  licensed: z.number().describe('The limit that was in force and exceeded.'),
  ...{ peak: z.number(), extent: z.number() },
  missing: z.number().describe('Of the extent, what no licence covers to this day.'),
  ...{ minutes: z.int(), intervals: z.array(overUse), time: z.object(time) },
})

const module = z.object({
  ...{ module: z.string(), title: z.string() },
  licensed: z
    .object({ from: day.nullable(), until: day.nullable() })
    .nullable()
    .describe('null: the licence does not name it.'),
  ...{ firstUsed: instant.nullable(), transactions: z.number().nullable() },
  unlicensed: z
    .object({ ...time, hours: z.int(), proof })
    .nullable()
    .describe('Use on days on which it was not licensed.'),
  ...{ breach: z.boolean(), clause },
})

const tier = z.object({
  ...{ meter: z.string(), before: z.string(), tier: z.string(), passedAt: instant, value: z.number() },
  ...{ from: day.describe('First day on which the tier counts.'), clause, proof },
})

const charge = z.object({
  kind: z.enum(['licences', 'maintenance', 'billing', 'tier', 'penalty']),
  ...{ limit: z.string(), clause, text: z.string(), quantity: z.number() },
  months: z.int().nullable().describe('null: once.'),
  price: amount.nullable().describe('null: no price is known.'),
  amount: amount.nullable(),
  proof,
})

export const vendorAuditReconcile = z
  .object({
    holds: z.boolean().describe('Nothing was found in any report; otherwise the command ends with 4.'),
    findings: z.array(z.object({ ...finding, file: z.string() })),
    vendorChecked: z.boolean().describe('false: no key of the vendor was given, and its documents were only read.'),
    files: z.array(z.object({ name: z.string(), sha256: z.string() })).describe('What all this is computed from.'),
    keys: z.array(z.object({ installation, fingerprint: z.string() })).describe('As the reports carry them.'),
    contract: z.object({
      ...{ number: z.string(), vendor: z.string() },
      customer: z.object({ name: z.string(), taxNumber: z.string(), address: z.string().nullable() }),
      ...{ product: z.string(), licence: z.string().describe('Its number, a UUID.') },
      terms: z.object({ name: z.string(), version: z.int(), title: z.string(), sha256: z.string() }),
    }),
    timezone: z.string(),
    period: period.nullable().describe('Of the reports that count; null: none does.'),
    sources: z.array(source),
    limits: z.array(limit).describe('What the licence allows, beside what was used.'),
    excesses: z.array(excess).describe('Use beyond the licence, one for each limit and each height that it had.'),
    overspent: z.array(inPeriod).describe('More in a month or year than the licence allows.'),
    modules: z.array(module),
    installations: z.object({
      ...{ licensed: z.int().nullable(), ids: z.array(installation), missing: z.int(), clause, breach: z.boolean() },
      ...{ time: z.object(time).nullable(), proof },
    }),
    billed: z.array(inPeriod).describe('Beyond the licence, where that is only counted: billed, no breach.'),
    fairUse: z.array(z.discriminatedUnion('kind', [inPeriod, stretch])),
    tiers: z.array(tier),
    charges: z.array(charge).describe('The computation, line by line.'),
    totals: z
      .object({
        currency: z.string(),
        ...{ licences: amount, maintenance: amount, billing: amount, tiers: amount },
        total: amount.describe('Of these four.'),
        penaltyBase: amount.nullable(),
        penalty: amount.nullable().describe('In no other sum.'),
        complete: z.boolean().describe('false: a line has no price, and is in no sum.'),
      })
      .nullable()
      .describe('null: no price list was given.'),
    notes: z.array(z.string()).describe('What a reader must know to judge the figures.'),
  })
  .describe('domicile vendor audit reconcile FILE... --licence L --json')

// Fails to compile when a schema and the type that the program prints come apart.
/** Codes of findings are many, and texts here. */
type Beside = 'sources' | 'holds' | 'findings' | 'vendorChecked' | 'files' | 'keys'
true satisfies Same<Omit<Reconciliation, 'sources'>, Omit<z.infer<typeof vendorAuditReconcile>, Beside>>
