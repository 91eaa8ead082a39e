import * as z from 'zod/mini'

/**
 * What a stack's manifest says about its own licensing: the meters that count and the guards that hold a limit.
 * Names only; how they are measured and enforced is this room's work and needs nothing else from the manifest.
 */

const identifier = z
  .string()
  .check(
    z.regex(
      /^[a-z_][a-z0-9_]{0,62}$/,
      'must be a plain PostgreSQL identifier (lower case letters, digits, underscore)',
    ),
  )

/** A read-only query whose single result is one bigint. Periods arrive as $1 (from, inclusive) and $2 (until, exclusive). */
const query = z.string().check(
  z.maxLength(4000),
  z.regex(/^\s*(select|with)\b/i, 'must be one SELECT'),
  z.refine((sql) => !sql.replace(/;\s*$/, '').includes(';'), 'must be one statement'),
)

const title = z.string().check(z.maxLength(80))
const moduleMeters = z.record(identifier, z.strictObject({ transactions: query, title: z.optional(title) }))

export const metersSchema = z
  .catchall(
    z.strictObject({ modules: z.optional(moduleMeters) }),
    z.strictObject({ sql: query, title: z.optional(title) }),
  )
  .check(z.describe('Numbers only, by construction: each query returns one bigint.'))

/** A value of a column as it is compared with: no vendor SQL runs inside our triggers. */
const literal = z.union([z.string().check(z.maxLength(200), z.regex(/^\P{Cc}*$/u)), z.int(), z.boolean()])
const literals = z.array(literal).check(z.minLength(1), z.maxLength(100))

const guardedUsersSchema = z
  .strictObject({
    table: identifier,
    active: z
      .union([identifier, z.strictObject({ column: identifier, values: literals })])
      .check(z.describe('A boolean column, or a column with the values that mean active.')),
    except: z.optional(
      z
        .record(identifier, z.array(z.nullable(literal)).check(z.minLength(1), z.maxLength(100)))
        .check(z.describe('Rows with one of these values (or null) in these columns are nobody who counts.')),
    ),
  })
  .check(z.describe('The table of named users, which of its rows are active, and which never count.'))

export const guardsSchema = z
  .strictObject({
    users: z.optional(guardedUsersSchema),
    readOnly: z.optional(
      z.strictObject({
        writable: z
          .record(identifier, z.union([z.literal('all'), z.array(identifier).check(z.minLength(1))]))
          .check(z.describe('Tables (or single columns) that stay writable while the appliance is read-only.')),
      }),
    ),
  })
  .check(z.describe('How named users and read-only standing are enforced without the application’s help.'))

export type Meters = z.infer<typeof metersSchema>
export type Guards = z.infer<typeof guardsSchema>
export type GuardedUsers = z.infer<typeof guardedUsersSchema>
/** Tables that stay writable in read-only standing: `all` of one, or these columns of it. */
export type Writable = NonNullable<Guards['readOnly']>['writable']
