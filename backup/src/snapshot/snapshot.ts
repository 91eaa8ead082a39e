import * as z from 'zod/mini'
import { RUN_ID } from './run-id.ts'

/** Why it was made; `scheduled` and `manual` ones are under the policy, the others outside it. */
export const KINDS = ['scheduled', 'manual', 'pre-upgrade', 'pre-restore', 'final'] as const
export type Kind = (typeof KINDS)[number]

const instant = z.iso.datetime()
const bytes = z.int().check(z.nonnegative())

/** What the catalogue knows of one snapshot: one point for database, documents and everything around them. */
export const snapshotSchema = z.strictObject({
  run: z.string().check(z.regex(RUN_ID)),
  /** When the database was as it is in there; UTC. */
  at: instant,
  kind: z.enum(KINDS),
  /** Why it is kept whatever the policy says; null: the policy decides. */
  hold: z.nullable(z.string().check(z.maxLength(300))),
  release: z.strictObject({ name: z.string(), version: z.string() }),
  /** The archive engine's ids of its parts. The manifest comes last: without it there is no snapshot. */
  parts: z.strictObject({ database: z.string(), files: z.string(), manifest: z.string() }),
  /** SHA-256 of the manifest, hexadecimal. */
  manifest: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** Of the dump, of all documents, and by how much the archive grew. */
  bytes: z.strictObject({ dump: bytes, documents: bytes, added: bytes }),
  seconds: z.number().check(z.nonnegative()),
  /** Why it does not count, as a code (`DUMP_TOO_SMALL`, `SUSPECT`, …); null: whole and plausible. */
  refused: z.nullable(z.string()),
  /** When all of it was last read back without a fault; null: not since it was made. */
  checkedAt: z.nullable(instant),
  /** When it was last restored and found equal to its manifest; null: never. */
  provenAt: z.nullable(instant),
})

export type Snapshot = z.infer<typeof snapshotSchema>
