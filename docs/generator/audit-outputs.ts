import type { AuditFigures } from '@domicile/license/audit'
import { z } from 'zod'

/** What the commands about audits print with `--json`. Instants are in UTC; days and months are those of the contract's time zone. */

const instant = z.string().describe('ISO 8601 in UTC.')
const day = z.string().describe('YYYY-MM-DD.')
const month = z.string().describe('YYYY-MM.')
const purpose = z.enum(['production', 'standby', 'test'])
const period = z.object({ from: day, to: day }).describe('Both inclusive.')

const level = z.object({
  kind: z.literal('level'),
  limit: z.number().nullable().describe('In force at the end of the period; null: none.'),
  peak: z
    .object({ value: z.number(), at: instant })
    .nullable()
    .describe('The greatest of all, and the hour in which it was; null: never known.'),
  average: z.number().nullable().describe('Of the minutes in which it was known, to two decimals.'),
  knownMinutes: z.int(),
  overMinutes: z.int().describe('Minutes above the limit that was in force then.'),
  overUse: z
    .array(z.object({ from: instant, until: instant, peak: z.number(), limit: z.number(), minutes: z.int() }))
    .describe('Stretches above the limit, in whole hours.'),
  days: z.array(z.object({ day, peak: z.number(), average: z.number(), overMinutes: z.int() })),
  months: z.array(z.object({ month, peak: z.number(), average: z.number(), overMinutes: z.int() })),
})

const count = z.object({
  kind: z.literal('count'),
  total: z.number(),
  months: z.array(z.object({ month, total: z.number() })),
  days: z.array(z.object({ day, total: z.number() })),
})

export const auditFigures = z
  .object({
    installation: z.string().describe('Its number, a UUID.'),
    ...{ product: z.string(), version: z.string(), purpose },
    contract: z.string().nullable(),
    timezone: z.string(),
    period,
    covered: z
      .object({ from: instant, until: instant, minutes: z.int(), sampledMinutes: z.int() })
      .nullable()
      .describe('Between when there was anything to sample; null: at no time.'),
    users: level.nullable(),
    sessions: level.nullable(),
    meters: z.record(z.string(), z.discriminatedUnion('kind', [level, count])),
    modules: z.record(
      z.string(),
      z.object({
        title: z.string().nullable(),
        licensed: z
          .object({ from: day.nullable(), until: day.nullable(), users: z.int().nullable() })
          .nullable()
          .describe('null: the licence does not name the module.'),
        firstUsed: instant.nullable(),
        users: level.nullable(),
        transactions: count.nullable(),
      }),
    ),
    installations: z.object({ licensed: z.int().nullable(), reporting: z.literal(1) }),
    gaps: z
      .array(
        z.object({
          ...{ from: instant, until: instant, minutes: z.int(), reason: z.string() },
          explained: z.boolean().describe('The record says why.'),
        }),
      )
      .describe('Times without samples, or in which something could not be asked.'),
    events: z.array(z.object({ at: instant, kind: z.string(), text: z.string() })),
    descriptions: z
      .array(
        z.object({
          name: z.string(),
          kind: z.enum(['level', 'count']),
          title: z.string(),
          sql: z.string().nullable().describe('null: counted by the appliance itself.'),
          module: z.string().nullable(),
        }),
      )
      .describe('What was counted, and by which query.'),
  })
  .describe('The figures of an audit, the same on both sides (contract clause 8.4)')

/** Fails to compile when the schema and the type that the program prints come apart. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T
true satisfies Same<Open<AuditFigures>, Open<z.infer<typeof auditFigures>>>
