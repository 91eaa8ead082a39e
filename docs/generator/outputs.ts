import type { AcceptanceRecord } from '@domicile/cli/acceptance'
import type { Status } from '@domicile/cli/status'
import { STATES } from '@domicile/license/standing'
import type { Verdict } from '@domicile/stacks/preflight'
import { z } from 'zod'
import type { Same } from './same.ts'

/** What commands print with `--json`. Fields may be added within a major version; none goes away or changes its meaning. */

const verdict = z.enum(['pass', 'warn', 'fail'])
const check = z.object({
  id: z.string(),
  verdict,
  value: z.string().describe('What was found.'),
  wanted: z.string(),
  hint: z.string().describe('What to do; empty when it passed.'),
})

export const error = z
  .object({
    error: z.object({
      code: z.string().describe('UPPER_SNAKE and stable; docs/reference/errors.md lists them.'),
      message: z.string(),
      hint: z.string().describe('What to do next.'),
    }),
  })
  .describe('What every command prints when it fails.')

const backupOperation = z.enum(['create', 'check', 'drill', 'second-copy', 'restore'])

export const status = z
  .object({
    appliance: z.string(),
    release: z.object({ name: z.string(), title: z.string(), version: z.string(), date: z.string() }),
    url: z.string(),
    healthy: z.boolean().describe('No check fails.'),
    services: z.array(
      z.object({
        name: z.string(),
        state: z.string().describe('As the engine says it: running, exited, … or missing.'),
        health: z.string().describe('healthy, unhealthy, starting, or none without a health check.'),
        image: z.string(),
        memoryLimitBytes: z.number(),
      }),
    ),
    certificate: z
      .object({
        mode: z.string().describe('What was chosen: internal, provided or acme.'),
        serving: z.string().describe('What is served now.'),
        names: z.array(z.string()),
        notBefore: z.string(),
        notAfter: z.string(),
        fingerprint: z.string(),
      })
      .nullable()
      .describe('null while the agent does not answer.'),
    disk: z.object({ totalBytes: z.number(), freeBytes: z.number() }),
    licence: z
      .object({
        standing: z.enum(STATES),
        since: z.string().nullable(),
        until: z.string().nullable().describe('When it changes by itself.'),
        next: z.enum(STATES).nullable().describe('To what.'),
        reasons: z.array(z.string()),
      })
      .nullable()
      .describe('null while the agent does not answer; everything about it: domicile license show.'),
    backup: z
      .object({
        lastSnapshot: z
          .string()
          .nullable()
          .describe('When the database was as it is in the newest good one; null: there is none.'),
        lastProof: z
          .string()
          .nullable()
          .describe('When a snapshot was last restored on trial and found equal; null: never.'),
        next: z.object({ what: backupOperation, at: z.string() }).nullable().describe('What is done next by itself.'),
        running: z.object({ what: backupOperation, since: z.string() }).nullable(),
      })
      .nullable()
      .describe('null while the agent does not answer.'),
    checks: z.array(check).describe('Worst first.'),
  })
  .describe('domicile status --json')

const step = z.looseObject({ title: z.string(), seconds: z.number().optional() })

export const change = z
  .looseObject({
    changed: z.boolean().describe('false: it was already so, or a dry run.'),
    steps: z.array(step).optional().describe('What was done, with times; what would be done after --dry-run.'),
  })
  .describe('What every command prints that changes something. Some add fields of their own.')

export const list = z
  .object({ items: z.array(z.unknown()) })
  .describe('What every command prints that lists something.')

export const preflight = z
  .object({
    ready: z.boolean().describe('No failed check stands in the way.'),
    checks: z.array(
      check.extend({
        title: z.string(),
        strict: z.boolean().describe('Nobody can accept its failure.'),
        accepted: z.object({ by: z.string(), why: z.string(), at: z.string() }).exactOptional(),
      }),
    ),
  })
  .describe('domicile preflight RELEASE --json')

export const acceptance = z
  .object({
    clause: z.literal('6.12.1'),
    appliance: z.string(),
    title: z.string(),
    at: z.string(),
    host: z.string(),
    domicile: z.string().describe('Version of the program that measured.'),
    sections: z.array(
      z.object({
        title: z.string(),
        facts: z.array(
          z.object({ what: z.string(), value: z.string(), source: z.string().describe('Where it was measured.') }),
        ),
      }),
    ),
    accepted: z.array(z.object({ check: z.string(), by: z.string(), why: z.string(), at: z.string() })),
    checks: z.array(check),
    ready: z.boolean(),
    digest: z.string().describe('SHA-256 over everything above as canonical JSON.'),
  })
  .describe('domicile acceptance --json')

export * from './audit-outputs.ts'
export * from './backup-outputs.ts'
export * from './licence-outputs.ts'
export * from './reconcile-outputs.ts'
export * from './restore-outputs.ts'

// Fails to compile when a schema and the type that the program prints come apart.
true satisfies Same<Status, z.infer<typeof status>>
true satisfies Same<AcceptanceRecord, z.infer<typeof acceptance>>
true satisfies Same<Verdict, z.infer<typeof preflight>['checks'][number]>
