import { z } from 'zod'

/**
 * What a stack's manifest says about its own licensing: the meters that count and the guards that hold a limit.
 * Names only; how they are measured and enforced is this room's work and needs nothing else from the manifest.
 */

const identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a plain PostgreSQL identifier (lower case letters, digits, underscore)')

/** A read-only query whose single result is one bigint. Periods arrive as $1 (from, inclusive) and $2 (until, exclusive). */
const query = z
  .string()
  .max(4000)
  .regex(/^\s*(select|with)\b/i, 'must be one SELECT')
  .refine((sql) => !sql.replace(/;\s*$/, '').includes(';'), 'must be one statement')

const moduleMeters = z.record(identifier, z.strictObject({ transactions: query, title: z.string().max(80).optional() }))

export const metersSchema = z
  .strictObject({ modules: moduleMeters.optional() })
  .catchall(z.strictObject({ sql: query, title: z.string().max(80).optional() }))
  .describe('Numbers only, by construction: each query returns one bigint.')

export const guardsSchema = z
  .strictObject({
    users: z
      .strictObject({ table: identifier, active: identifier, exempt: query.optional() })
      .describe('The table of named users and its column that says whether a user is active.')
      .optional(),
    readOnly: z
      .strictObject({
        writable: z
          .record(identifier, z.union([z.literal('all'), z.array(identifier).min(1)]))
          .describe('Tables (or single columns) that stay writable while the appliance is read-only.'),
      })
      .optional(),
  })
  .describe('How named users and read-only standing are enforced without the application’s help.')

export type Meters = z.infer<typeof metersSchema>
export type Guards = z.infer<typeof guardsSchema>
