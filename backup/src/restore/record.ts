import * as z from 'zod/mini'
import { RUN_ID } from '../snapshot/index.ts'

const instant = z.iso.datetime()
const run = z.string().check(z.regex(RUN_ID))
/** As the engine names volumes. */
const volume = z.string().check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/))
const volumes = z.record(z.string(), volume)

const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/** What is put back: a snapshot, or the database as it was at an instant with the documents of the snapshot before it. */
const sourceSchema = z.strictObject({
  /** Of the snapshot. */
  run,
  /** The database to the second; null: as it is in the snapshot. */
  instant: z.nullable(instant),
})

/**
 * - `beside`: new volumes are being filled and compared; what runs is untouched.
 * - `switching`: the pointers are going to another side.
 * - `switched`: what runs is the restored side; the one before it is kept.
 * - `undone`: what runs is the side from before; the restored one is kept.
 * - `removing`: the side that does not run is being removed.
 */
export const PHASES = ['beside', 'switching', 'switched', 'undone', 'removing'] as const
export type Phase = (typeof PHASES)[number]

/** The restore that is under way, or waits to be accepted. There is one at a time; without one there is no record. */
export const restoreSchema = z.strictObject({
  format: z.literal(1),
  /** Of this restore, and part of its volumes' names. */
  id: run,
  source: sourceSchema,
  /** When the data was as it is restored. */
  at: instant,
  phase: z.enum(PHASES),
  /** The engine's volumes of both sides, by what they are for. */
  before: volumes,
  after: volumes,
  /** What was set before, and what the snapshot says; null: settings stay as they are. */
  settings: z._default(z.nullable(z.strictObject({ before: settings, after: settings })), null),
  /** The snapshot that was made of what ran; null: none was made. */
  preRestore: z.nullable(run),
  beganAt: instant,
  switchedAt: z.nullable(instant),
})

export type Restore = z.infer<typeof restoreSchema>
export type Source = z.infer<typeof sourceSchema>
export type Volumes = Readonly<Record<string, string>>
