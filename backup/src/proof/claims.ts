import * as z from 'zod/mini'
import { RUN_ID } from '../snapshot/index.ts'

/** As many as a proof may carry, and as many characters as one may have. */
const MOST_CODES = 40

const instant = z.iso.datetime()
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const count = z.int().check(z.nonnegative())
const seconds = z.number().check(z.nonnegative())
const version = z.string().check(z.regex(/^[\w.+~:-]{1,60}$/))
/** Of an appliance, a release, a second copy. */
const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/))
const code = z.string().check(z.regex(/^[A-Z][A-Z0-9_]{1,63}$/))

/** How many were held against the manifest, and how many of them are not as it says. */
const compared = z.strictObject({ compared: count, differ: count })

/** In the place of the name of a second copy: restored from the appliance's own archive. */
export const ARCHIVE = 'archive'

/** What a drill found: numbers, instants, codes and names; nothing of what is in the snapshot. */
export const drillSchema = z.strictObject({
  run: z.string().check(z.regex(RUN_ID)),
  /** SHA-256 of the snapshot's manifest. */
  manifest: digest,
  /** When the database was as it is in the snapshot. */
  snapshotAt: instant,
  /** `archive`, or the name of the second copy from which it was restored. */
  from: name,
  release: z.strictObject({ name, version }),
  beganAt: instant,
  /** By part: fetching and loading, comparing, and starting the application against it. */
  seconds: z.strictObject({ load: seconds, check: seconds, application: seconds }),
  /**
   * From the first step to the application's good health, comparisons included: a restore makes the same ones. Null: the
   * application was not seen in good health.
   */
  recoverySeconds: z.nullable(seconds),
  compared: z.strictObject({
    tables: compared,
    /** Rows of all tables together, as they were found. */
    rows: count,
    sequences: compared,
    invariants: compared,
    documents: compared,
  }),
  /** `healthy`: seen so; `not-tried`: the snapshot is of another release than the installed one, or the drill ended before. */
  application: z.enum(['healthy', 'failed', 'not-tried']),
  verdict: z.enum(['proven', 'failed']),
  /** What was wrong; empty with `proven`. */
  codes: z.array(code).check(z.maxLength(MOST_CODES)),
  engines: z.strictObject({ archive: version, database: version }),
})

/** As it is signed: what a drill found, by whom, and after which other proof. */
export const proofSchema = z.extend(drillSchema, {
  format: z.literal(1),
  /** In the chain of this installation, from 1. */
  number: z.int().check(z.positive()),
  /** SHA-256 of the text of the proof before; null in the first. */
  previous: z.nullable(digest),
  appliance: name,
  /** UUID. */
  installation: z.uuid(),
  /** When it was signed, by the clock that counts for the licence. */
  at: instant,
})

export type Drill = z.infer<typeof drillSchema>
export type Proof = z.infer<typeof proofSchema>
export type Compared = z.infer<typeof compared>
