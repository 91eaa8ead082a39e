import { CLAIMS, DOCUMENT_TYPES } from '@domicile/license/document'
import { type LimitFinding, STATES, type Standing } from '@domicile/license/standing'
import { z } from 'zod'
import type { Same } from './same.ts'

/** What the commands about licences print with `--json`. Instants are in UTC; days are those of the contract's time zone. */

const { shape: licence } = CLAIMS.licence
const state = z.enum(STATES)
const instant = z.string().describe('ISO 8601 in UTC.')
const clause = z.string().describe('Of the contract.')
const kind = z.enum(Object.keys(DOCUMENT_TYPES) as (keyof typeof DOCUMENT_TYPES)[])
const vendorKind = kind.exclude(['request', 'usage'])
const behaviour = z.enum(['refuse', 'warn', 'count'])
const page = z.enum(['suspended', 'switched-off', 'trial-over', 'ended'])

const standing = z.object({
  state,
  since: instant.nullable().describe('null: no licence was brought in yet.'),
  until: instant.nullable().describe('When it changes by itself; null: not by itself.'),
  reasons: z
    .array(z.object({ track: z.string(), stage: z.string(), state, since: instant, clause, text: z.string() }))
    .describe('Hardest first.'),
  effects: z.object({
    readOnly: z.boolean(),
    blocked: z.object({ page, clause }).nullable().describe('What people see who do not get in.'),
    notices: z.array(
      z.object({
        id: z.string(),
        key: z.string().describe('Of this occasion: the next one is said again.'),
        audience: z.enum(['everyone', 'administrators']),
        texts: z.record(z.string(), z.object({ title: z.string(), text: z.string() })).describe('By language.'),
      }),
    ),
    limits: licence.limits,
    tier: z.string().nullable(),
    upgradesThrough: z.string().nullable().describe('Releases published after this day are not covered.'),
    purgeFrom: instant.nullable().describe('From then on the data may be deleted.'),
  }),
  next: z
    .object({
      ...{ at: instant, state, track: z.string(), stage: z.string(), clause, text: z.string() },
      waitsFor: z.string().nullable().describe('Key of the notice that must have been shown before.'),
    })
    .nullable(),
})

const counted = z.object({ used: z.int().nullable().describe('null: not known.'), max: z.int().nullable() })
const maintenance = z.object({ from: instant, until: instant, text: z.string().nullable() })

export const licenseShow = z
  .object({
    installation: z.string().describe('Number of this installation, a UUID.'),
    standing,
    usage: z.object({ users: counted, sessions: counted, services: counted }),
    clock: z.object({
      now: instant.describe('Licence time.'),
      wall: instant.describe('The clock of the server.'),
      problem: z.string().nullable().describe('Why the two differ.'),
    }),
    findings: z
      .array(z.object({ code: z.string(), message: z.string(), hint: z.string() }))
      .describe('What was tampered with or does not work, and what to do.'),
    record: z.object({ length: z.int(), head: z.string().nullable().describe('Hash of the last line.') }),
    maintenance: maintenance.nullable().describe('What is announced.'),
    licence: z
      .object(licence)
      .nullable()
      .describe('With renewals and receipts applied; null before the first. See docs/vendor/licence-reference.md.'),
    events: z
      .array(z.object({ at: instant, kind: z.string() }))
      .describe('What the standing was computed from, oldest first.'),
  })
  .describe('domicile license show --json')

export const licenseApply = licenseShow
  .extend({
    changed: z.boolean().describe('false: all of it was in force already.'),
    items: z
      .array(z.object({ document: vendorKind, jti: z.string(), changed: z.boolean(), warnings: z.array(z.string()) }))
      .describe('The documents of the file.'),
  })
  .describe('domicile license apply FILE --json: what was taken, and the licence as it is then')

export const licenseRequest = z
  .object({
    changed: z.literal(false),
    file: z.string(),
    request: z.string().describe('What the file holds.'),
  })
  .describe('domicile license request --json')

export const licenseSimulate = z
  .object({
    contract: z.string(),
    customer: z.string(),
    terms: z.object({ name: z.string(), version: z.int(), sha256: z.string() }),
    supposed: z.array(z.string()).describe('In words.'),
    timezone: z.string(),
    from: z.string().describe('First day.'),
    to: z.string().describe('Last day.'),
    bands: z
      .array(z.object({ from: instant, until: instant, state, readOnly: z.boolean(), blocked: z.string().nullable() }))
      .describe('Without gaps, in the order of time.'),
    entries: z.array(
      z.object({
        at: instant,
        state: state.describe('Of the appliance from then on.'),
        kind: z.enum(['stands', 'happens', 'begins', 'ends', 'tier']),
        track: z.string(),
        stage: z.string(),
        clause,
        text: z.string(),
        notices: z.array(z.string()).describe('Names of the notices first shown then.'),
        shown: z.array(z.string()).describe('Their titles.'),
      }),
    ),
    limits: z.array(
      z.object({
        limit: z.string().describe('users, sessions, the name of a meter; of fair use fair-use/ and the meter.'),
        source: z.enum(['licence', 'fair-use']).describe('Who says so: the licence, or the terms for everybody.'),
        what: z.string().describe('In words.'),
        ...{ max: z.number(), used: z.number().nullable(), over: z.number(), behaviour, clause, text: z.string() },
        unit: z.string().describe('As the terms write it, such as GB; empty: pieces.'),
        per: z.enum(['month', 'year']).nullable().describe('null: how many there are now.'),
        notice: z.string().nullable().describe('Its name in the terms.'),
      }),
    ),
  })
  .describe('domicile license simulate --json')

export const maintenanceChange = z
  .object({ changed: z.boolean(), maintenance: maintenance.optional().describe('What was announced.') })
  .describe('domicile maintenance announce --json, domicile maintenance cancel --json')

const issued = <K extends z.infer<typeof vendorKind>>(name: K) =>
  z.object({
    kind: z.literal(name),
    file: z.string(),
    keyId: z.string().describe('Of the key that signed.'),
    sha256: z.string().describe('Of the signed text.'),
    claims: CLAIMS[name],
    anchor: z
      .nullable(CLAIMS.anchor)
      .describe('The counter-signature of a record, which stands beside it in the file.'),
  })

export const vendorLicenseDocument = z
  .discriminatedUnion('kind', [
    issued('licence'),
    issued('renewal'),
    issued('order'),
    issued('receipt'),
    issued('keys'),
    issued('unlock'),
    issued('anchor'),
  ])
  .describe(
    'domicile vendor license issue, renew, order, receipt, unlock, keys rotate, domicile vendor audit countersign with --json',
  )

export const vendorLicenseShow = z
  .object({
    items: z.array(
      z.looseObject({
        kind,
        verified: z.boolean().describe('Somebody who may has signed it; false also when no key was given.'),
        keyId: z.string(),
        sha256: z.string(),
        claims: z.record(z.string(), z.unknown()).describe('See docs/vendor/licence-reference.md.'),
        warnings: z.array(z.string()),
      }),
    ),
  })
  .describe('domicile vendor license show FILE --json')

export const vendorLicenseCompare = z
  .object({
    kinship: z.enum(['same', 'continued', 'foreign']).describe('A fork is the error RECORDS_FORKED.'),
    installations: z.array(z.string()),
    lengths: z.array(z.int()).describe('Of the records, in lines.'),
  })
  .describe('domicile vendor license compare A B --json')

// Fails to compile when a schema and the type that the program prints come apart.
true satisfies Same<LimitFinding, z.infer<typeof licenseSimulate>['limits'][number]>
true satisfies Same<Standing, z.infer<typeof standing>>
