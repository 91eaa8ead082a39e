import * as z from 'zod/mini'
import { RUN_ID } from '../snapshot/run-id.ts'
import { parsePlace, placeUrl } from './target-url.ts'

export const TARGET_NAME = /^[a-z][a-z0-9-]{0,30}$/
/** What ext4, XFS, exFAT and NTFS take, and a shell does not. */
export const DISK_LABEL = /^[A-Za-z0-9_.-]{1,32}$/

const url = z.string().check(
  z.refine((text) => {
    try {
      return placeUrl(parsePlace(text)) === text
    } catch {
      return false
    }
  }),
)

/** `targets/<name>.json`: a second copy as it was added. Its keys are in files beside. */
export const targetSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().check(z.regex(TARGET_NAME)),
  url,
  /** Of file systems that may be mounted there, one at a time; empty: whatever is mounted. */
  labels: z.array(z.string().check(z.regex(DISK_LABEL))).check(z.maxLength(16)),
  /** How fast it may be sent, KiB/s; null: as fast as it goes. */
  limitKiB: z.nullable(z.int().check(z.positive())),
  hostKey: z.nullable(z.strictObject({ type: z.string(), key: z.string() })),
  addedAt: z.iso.datetime(),
})

export type Target = z.infer<typeof targetSchema>

const copy = z.strictObject({
  /** The newest run that is there whole, and when it was. */
  run: z.string().check(z.regex(RUN_ID)),
  at: z.iso.datetime(),
})

/** `targets/<name>.state.json`: what is known of it. */
export const targetStateSchema = z.strictObject({
  format: z.literal(1),
  /** Repositories that were begun there: one, or one for each label. Elsewhere an empty place is a copy that is gone. */
  begun: z.array(z.string()),
  last: z.nullable(copy),
  /** By label, for disks that are changed. */
  byLabel: z.record(z.string(), copy),
  /** Whether what is there can be removed from here; null: not tried. Append-only is what one wants. */
  removable: z.nullable(z.boolean()),
  checkedAt: z.nullable(z.iso.datetime()),
  provenAt: z.nullable(z.iso.datetime()),
  /** Of the last try, when it failed. */
  error: z.nullable(z.strictObject({ code: z.string(), message: z.string(), at: z.iso.datetime() })),
})

export type TargetState = z.infer<typeof targetStateSchema>

export const NEW_TARGET_STATE: TargetState = {
  format: 1,
  begun: [],
  last: null,
  byLabel: {},
  removable: null,
  checkedAt: null,
  provenAt: null,
  error: null,
}
