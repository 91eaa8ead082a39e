import * as z from 'zod/mini'
import { type MeterDescription, SYSTEM_METERS } from './ledger/types.ts'

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

/** Of a meter or a module, as reports name them. */
const counted = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a lower-case name (letters, digits, underscore)'))

/** What an audit prints, and what may leave in a report: nothing that a terminal or a page would carry out. */
const VISIBLE = /^[^\p{Cc}\u2028-\u202e\u2066-\u2069]+$/u
const VISIBLE_LINES = /^([\n\r\t]|[^\p{Cc}\u2028-\u202e\u2066-\u2069])*$/u

/**
 * A read-only query whose single result is one bigint. One that mentions $1 and $2 counts what came to be in a period, from
 * (inclusive) and until (exclusive), both ISO 8601 in UTC. One that does not is a level: how many there are.
 */
const query = z.string().check(
  z.maxLength(4000),
  z.regex(VISIBLE_LINES, 'must have no control characters'),
  z.regex(/^\s*(select|with)\b/i, 'must be one SELECT'),
  z.refine((sql) => !sql.replace(/;\s*$/, '').includes(';'), 'must be one statement'),
  z.refine(
    (sql) => ['', '1,2'].includes(parametersOf(sql).join()),
    'must mention both $1 and $2, where the period begins and ends, or no parameter at all',
  ),
)

const parametersOf = (sql: string): number[] =>
  [...new Set([...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)))].toSorted((a, b) => a - b)

const isLevel = (sql: string) => parametersOf(sql).length === 0

const title = z.string().check(z.maxLength(80), z.regex(VISIBLE, 'must be one line of visible text'))
const moduleMeters = z
  .strictObject({
    users: z.optional(query.check(z.refine(isLevel, 'must be a level: how many there are, without $1 and $2'))),
    transactions: z.optional(
      query.check(z.refine((sql) => !isLevel(sql), 'must be a count: what came to be from $1 until $2')),
    ),
    title: z.optional(title),
  })
  .check(
    z.refine(({ users, transactions }) => (users ?? transactions) !== undefined, 'must have users or transactions'),
    z.describe('`users`: how many people may use the module. `transactions`: how much was entered in it in a period.'),
  )

/** Counted by a query, or by an application that reports it through the agent. */
const meter = z
  .strictObject({ sql: z.optional(query), reported: z.optional(z.literal(true)), title: z.optional(title) })
  .check(
    z.refine(({ sql, reported }) => (sql === undefined) === (reported === true), 'must have either sql or reported'),
    z.describe('`sql`: a query counts it. `reported`: the application says so at each event (POST /license/v1/usage).'),
  )

/** In all, those of modules too: more than anybody reads in an audit, or than PostgreSQL should be asked every minute. */
const MOST_METERS = 100

export const metersSchema = z
  .catchall(z.strictObject({ modules: z.optional(z.record(counted, moduleMeters)) }), meter)
  .check(
    z.describe('Numbers only, by construction: each query returns one bigint.'),
    z.superRefine((meters, { addIssue }) => {
      const { modules = {}, ...others } = meters
      const wrong = (path: string[], message: string) => addIssue({ code: 'custom', path, message, input: meters })
      for (const name of Object.keys(others)) {
        if (!counted.safeParse(name).success) wrong([name], 'must be a lower-case name (letters, digits, underscore)')
        if (Object.hasOwn(SYSTEM_METERS, name)) wrong([name], COUNTED_ALREADY)
      }
      for (const name of Object.keys(modules)) {
        if (Object.hasOwn(SYSTEM_METERS, name)) wrong(['modules', name], COUNTED_ALREADY)
        if (Object.hasOwn(others, name)) wrong(['modules', name], 'is the name of a meter too; a name means one thing')
      }
      const all = describeMeters(meters).length
      if (all > MOST_METERS) wrong([], `has ${all} meters, and ${MOST_METERS} are the most`)
    }),
  )

const COUNTED_ALREADY = 'is counted by the appliance itself; another name is needed'

/** What a stack counts, in the order of the manifest, modules last; a module's meters carry its title. */
export function describeMeters({ modules = {}, ...others }: Meters): MeterDescription[] {
  const describe = (
    name: string,
    title: string | undefined,
    module: string | null,
    sql: string | null,
  ): MeterDescription => ({
    name,
    kind: sql !== null && isLevel(sql) ? 'level' : 'count',
    title: title ?? module ?? name,
    sql,
    module,
  })
  return [
    ...Object.entries(others).map(([name, { sql, title }]) => describe(name, title, null, sql ?? null)),
    ...Object.entries(modules).flatMap(([module, { title, ...queries }]) =>
      (['users', 'transactions'] as const).flatMap((what) => {
        const sql = queries[what]
        return sql === undefined ? [] : [describe(`${module}.${what}`, title, module, sql)]
      }),
    ),
  ]
}

/** Names of the meters that the application itself reports. */
export const reportedMeters = ({ modules: _, ...others }: Meters): string[] =>
  Object.entries(others).flatMap(([name, { reported }]) => (reported ? [name] : []))

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
