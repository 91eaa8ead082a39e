import * as z from 'zod/mini'
import { RUN_ID } from '../snapshot/index.ts'

/** What is done by itself, the most urgent first. */
export const OPERATIONS = ['create', 'check', 'second-copy', 'drill'] as const
export type Operation = (typeof OPERATIONS)[number]

const instant = z.iso.datetime()
const run = z.string().check(z.regex(RUN_ID))
const point = z.nullable(z.strictObject({ run, at: instant }))

/** One place where second copies are. */
const copySchema = z.strictObject({
  /** The target's name. */
  target: z.string().check(z.maxLength(64)),
  /** Since when there should be copies. */
  since: instant,
  /** The newest snapshot that is whole there, and when the database was as it is in it; null: none. */
  newest: point,
})

/** What must be known of the snapshots to decide what is due; small, whatever their number. */
export const summarySchema = z.strictObject({
  /** The newest good one. */
  snapshot: point,
  /** Whether all of that one was read back without a fault. */
  checked: z.boolean(),
  /** The snapshot that was last restored and found equal; `at` is when that was. */
  proof: point,
  copies: z.array(copySchema).check(z.maxLength(20)),
})
export type Summary = z.infer<typeof summarySchema>
export type Copy = Summary['copies'][number]

const attempt = z.strictObject({
  /** When the last one ended. */
  at: instant,
  /** How many ended without success, one after the other; 0 when the last one succeeded. */
  failures: z.int().check(z.nonnegative()),
  code: z.nullable(z.string()),
})

/** What the agent keeps from one minute to the next, and over its own restarts. */
export const scheduleStateSchema = z.strictObject({
  /** Since when backups are looked after; before the first snapshot alarms go by it. */
  since: instant,
  summary: summarySchema,
  attempts: z.partialRecord(z.enum(OPERATIONS), attempt),
  running: z.nullable(z.strictObject({ operation: z.enum(OPERATIONS), since: instant })),
})
export type ScheduleState = z.infer<typeof scheduleStateSchema>

export interface ScheduleTerms {
  /** IANA name. */
  readonly timeZone: string
  /** Times on the wall, `01:00`; a window that ends before it begins ends on the next day. */
  readonly window: { readonly from: string; readonly until: string }
  /** A snapshot must be proven at least every so many days. */
  readonly drillDays: number
  /** In how many places each snapshot must be, this appliance included. */
  readonly places: number
}

export const DEFAULT_SCHEDULE = { window: { from: '01:00', until: '05:00' }, drillDays: 7, places: 1 } as const

/** Something to be done now, and why. */
export interface Due {
  readonly operation: Operation
  readonly why:
    | 'FIRST' // there is none yet
    | 'NIGHT' // its time has come
    | 'MISSED' // it should have been some time ago
    | 'CLOCK_BACK' // what there is seems to be of the future
    | 'NOT_CHECKED'
    | 'NOT_COPIED'
}

export interface Finding {
  /** UPPER_SNAKE, stable. */
  readonly code:
    | 'BACKUP_NONE'
    | 'BACKUP_LATE'
    | 'BACKUP_IN_FUTURE'
    | 'BACKUP_UNCHECKED'
    | 'PROOF_NONE'
    | 'PROOF_LATE'
    | 'PROOF_IN_FUTURE'
    | 'COPY_NONE'
    | 'COPY_LATE'
    | 'PLACES_TOO_FEW'
  readonly severity: 'warn' | 'fail'
  readonly message: string
  readonly hint: string
}

/** How one operation ended. */
export interface Note {
  readonly operation: Operation | 'restore'
  readonly outcome: 'done' | 'refused' | 'failed'
  /** Why it did not succeed. */
  readonly code: string | null
  /** When it ended. */
  readonly at: string
  /** How things are since; null: whoever tells does not know. */
  readonly summary: Summary | null
}
