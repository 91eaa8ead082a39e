import type { AuditFigures, Comparison } from '@domicile/license/audit'
import { z } from 'zod'
import type { Same } from './same.ts'

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
      .describe('Between when samples are due; null: at no time.'),
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

const finding = z.object({
  code: z.string().describe('UPPER_SNAKE and stable; docs/vendor/audits.md says what each means.'),
  day: day.nullable().describe('In UTC; null: it is about the whole.'),
  message: z.string(),
})

export const licenseAudit = auditFigures
  .extend({
    madeAt: instant,
    findings: z
      .array(finding)
      .describe('What does not hold, in the record or in a file of the ledger; the command ends with 4.'),
    record: z.object({ lines: z.int(), genesis: z.string(), head: z.string() }),
    report: z
      .object({ file: z.string().nullable(), bytes: z.int(), sha256: z.string() })
      .describe('What the figures were computed from; with --out the file that it was written to.'),
  })
  .describe('domicile license audit --json')

const kinship = z.enum(['same', 'continued', 'forked', 'foreign'])
const lastCommon = z
  .object({ n: z.int(), at: instant })
  .nullable()
  .describe('The last line that both records have; null: none, or not known.')
const gap = z
  .object({ from: instant, until: instant, minutes: z.int() })
  .nullable()
  .describe('Time of which neither report has the hours.')
const words = z.array(z.string()).describe('What it means, a sentence each.')

export const vendorAuditVerify = z
  .object({
    holds: z.boolean().describe('Nothing was found; otherwise the command ends with 4.'),
    findings: z.array(finding),
    reporter: z.object({
      installation: z.object({ id: z.string(), publicKey: z.string().describe('Ed25519, base64url.') }),
      ...{ product: z.string(), version: z.string(), purpose },
    }),
    signature: z.object({
      fingerprint: z.string().describe('Of the installation’s key: the first 160 bits of its SHA-256.'),
      compared: z.boolean().describe('false: the key is the one in the report, and nobody said whose it is.'),
    }),
    ...{ madeAt: instant, period, timezone: z.string() },
    record: z.object({
      ...{ lines: z.int(), genesis: z.string(), head: z.string(), from: instant, until: instant },
      sealedDays: z.int().describe('Since its beginning.'),
      daysByHour: z.int().describe('Days of which the report holds the hours.'),
    }),
    vendor: z.object({
      checked: z.boolean().describe('false: no key of the vendor was given, and its documents were only read.'),
      documents: z.int(),
      doubtful: z.int().describe('Of these documents no key that was given signed.'),
      counterSignatures: z.array(
        z.object({
          ...{ jti: z.string(), at: instant, length: z.int() },
          lineAt: instant.nullable().describe('Of the last line that it speaks of.'),
          fits: z.boolean().describe('The record still holds that line.'),
        }),
      ),
    }),
    since: z.object({ kinship, lastCommon, gap, words }).nullable().describe('How it stands to --since.'),
    figures: auditFigures.describe('Computed anew from the evidence.'),
  })
  .describe('domicile vendor audit verify FILE --json')

const parting = z.object({ n: z.int(), at: instant, kind: z.string() })

export const vendorAuditCompare = z
  .object({
    kinship: kinship.describe('forked ends with 4.'),
    earlier: z.enum(['a', 'b']),
    lastCommon,
    parted: z
      .object({ a: parting, b: parting })
      .nullable()
      .describe('forked: the first line of each that the other does not have.'),
    gap,
    changedDays: z.array(day).describe('UTC days that the two have sealed differently.'),
    bothRunning: z
      .array(z.string())
      .describe('UTC hours (2026-02-03T10) in which both counted: two were running at the same time.'),
    words,
    compared: z
      .array(
        z.object({
          ...{ file: z.string(), installation: z.string(), lines: z.int(), madeAt: instant },
          findings: z.array(finding).describe('What does not hold in it by itself.'),
        }),
      )
      .describe('The two files.'),
  })
  .describe('domicile vendor audit compare A B --json')

// Fails to compile when a schema and the type that the program prints come apart.
true satisfies Same<AuditFigures, z.infer<typeof auditFigures>>
true satisfies Same<Comparison, Omit<z.infer<typeof vendorAuditCompare>, 'compared'>>
