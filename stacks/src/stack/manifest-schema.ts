import { guardsSchema, metersSchema } from '@domicile/license'
import { sessionSchema } from '@domicile/license/session'
import { z } from 'zod'
import { sizeSchema } from './sizes.ts'

/** `appliance.yaml`: what the appliance must know about the application beyond its containers. */

const word = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a lower-case word (letters, digits, -), 31 characters at most')
const secretName = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'must be a lower-case name (letters, digits, _)')
const role = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a plain PostgreSQL identifier')
const file = z
  .string()
  .regex(/^[\w.][\w./-]*$/, 'must be a path inside the stack folder')
  .refine((path) => !path.split('/').includes('..'), 'must not leave the stack folder')

/** Text that terminals, web pages and configuration files show: nothing in it may move a cursor or begin a line. */
const oneLine = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must be one line without control characters')

/** A JSON Schema for one setting. Checked as a schema when the stack is loaded; kept as data because forms are made of it. */
const setting = z
  .looseObject({
    type: z.enum(['string', 'integer', 'number', 'boolean']),
    title: oneLine(120),
    description: z.string().max(500).optional(),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    enum: z.array(z.union([z.string(), z.number()])).optional(),
  })
  .describe('JSON Schema of one setting; `title` is the question that install asks.')

const job = z.strictObject({
  service: word,
  command: z.array(z.string().max(4000)).min(1).max(50),
})

export const manifestSchema = z.strictObject({
  name: word,
  title: oneLine(80),
  version: z.string().regex(/^\d+\.\d+(\.\d+)*(-[\w.]+)?$/, 'must be a version such as 7.0.30'),
  date: z.iso.date().describe('Day of the release, YYYY-MM-DD.'),
  requires: z.strictObject({
    cpu: z.number().positive(),
    memory: sizeSchema,
    disk: sizeSchema,
    arch: z.array(z.enum(['amd64', 'arm64'])).min(1),
  }),
  settings: z.record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,40}$/, 'must be camelCase'), setting).default({}),
  gateway: z.strictObject({
    service: word,
    port: z.int().min(1).max(65535),
    health: z
      .string()
      .regex(/^\/[\w./-]*$/, 'must be a path')
      .default('/'),
    maxBody: sizeSchema.default(16 * 2 ** 20),
    session: z.optional(sessionSchema),
  }),
  database: z.strictObject({
    name: role,
    owner: role.describe('Owns the tables; used by initialize and migrate alone.'),
    app: role.describe('The application’s server logs in as this role; it may read and write rows, nothing else.'),
    grants: file.describe('SQL run as the owner after initialize and migrate.').optional(),
    memory: sizeSchema.optional(),
  }),
  secrets: z
    .record(
      secretName,
      z.strictObject({
        title: oneLine(120),
        length: z.int().min(12).max(128).default(32),
        show: z.literal('once').optional(),
        lifecycle: z.boolean().default(false).describe('Mounted for lifecycle commands only.'),
      }),
    )
    .default({}),
  login: z.strictObject({ user: oneLine(80), secret: secretName }).optional(),
  lifecycle: z
    .strictObject({
      initialize: job.optional(),
      migrate: job.optional(),
      selftest: job
        .describe('Logs in, reads, writes and logs out on a scratch copy of the appliance (`license selftest`).')
        .optional(),
    })
    .default({}),
  egress: z.array(word).default([]).describe('Services that may open connections to the outside.'),
  meters: z.optional(metersSchema),
  guards: z.optional(guardsSchema),
  license: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('`required`: until a licence was applied people see a page that says so.'),
  documents: z.array(z.strictObject({ volume: z.string() })).default([]),
  backup: z
    .strictObject({
      invariants: z
        .record(word, z.strictObject({ title: oneLine(120), sql: z.string().min(1).max(4000) }))
        .default({})
        .describe(
          'What must be the same in a restored copy: each query gives one number. Run as the role that only reads.',
        ),
      restored: file
        .describe(
          'SQL run as the owner in a database that was restored, before anybody works in it: what was bound to its time, like sessions, must not come alive again.',
        )
        .optional(),
    })
    .default({ invariants: {} }),
  strict: z.array(z.string()).default([]).describe('Preflight checks that may not be accepted when they fail.'),
})

export type Manifest = z.output<typeof manifestSchema>
export type Job = z.output<typeof job>
