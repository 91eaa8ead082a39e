import * as z from 'zod/mini'
import { RUN_ID } from './run-id.ts'
import { KINDS } from './snapshot.ts'

const count = z.int().check(z.nonnegative())
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))

/**
 * What is in a snapshot, taken while it was made; restored, it must be found again. Everything about the database is from
 * the very database snapshot that was dumped.
 */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  run: z.string().check(z.regex(RUN_ID)),
  at: z.iso.datetime(),
  kind: z.enum(KINDS),
  appliance: z.string(),
  release: z.strictObject({ name: z.string(), version: z.string(), date: z.string(), sequence: z.int() }),
  database: z.strictObject({
    name: z.string(),
    /** As the server says it, for example `17.12`. */
    version: z.string(),
    /** On the disk, of the running database. */
    bytes: count,
    /** By how many bytes the dump has. */
    dumpBytes: count,
    tables: z.array(
      z.strictObject({
        /** As SQL names it: `public.party`. */
        name: z.string(),
        rows: count,
        /** Sum of a 64-bit hash over all rows, whatever their order, as decimal digits; null: no rows. */
        sum: z.nullable(z.string().check(z.regex(/^-?\d+$/))),
        /** How a row is hashed: `record` by PostgreSQL's own row hash, `text` by its text form. */
        method: z.enum(['record', 'text']),
      }),
    ),
    sequences: z.array(z.strictObject({ name: z.string(), value: z.nullable(z.string()) })),
  }),
  /** What the stack says must hold in its data: a number each, by name. */
  invariants: z.record(z.string(), z.string()),
  documents: z.array(
    z.strictObject({
      /** Name in the stack, not the engine's. */
      volume: z.string(),
      files: count,
      bytes: count,
      /** SHA-256 of the list of its files (`lists/<volume>` in the part `files`). */
      list: digest,
      /** Files that were written, removed or made while they were read: they are in there as they were read, unproven. */
      unsettled: count,
    }),
  ),
  parts: z.strictObject({ database: z.string(), files: z.string() }),
  engines: z.strictObject({ archive: z.string(), dump: z.string() }),
})

export type Manifest = z.infer<typeof manifestSchema>
