import * as z from 'zod/mini'
import { behaviourSchema } from '../document/index.ts'

/**
 * A terms profile: one contract, written so that a person can read it and one engine can carry it out. It travels inside
 * the licence, by value. Every rule names its clause of the contract.
 */

const word = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'must be lower case letters, digits and dashes'))
const line = z.string().check(z.minLength(1), z.maxLength(300))
const clause = z.string().check(z.minLength(1), z.maxLength(80))
const days = z.int().check(z.minimum(-400), z.maximum(400))
const count = z.int().check(z.minimum(0), z.maximum(10_000))
const time = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 22:00'))
const list = <T extends z.ZodMiniType>(item: T) => z._default(z.array(item).check(z.maxLength(100)), [])

/**
 * From which moment a track counts. `expiry`: the earlier of `paidThrough` and `termUntil`, for what is prepaid.
 * `terminated`: the beginning of the first final stage with that state.
 */
const anchorSchema = z.enum([
  'paidThrough',
  'termUntil',
  'trialUntil',
  'expiry',
  'order-suspend',
  'order-warn',
  'order-terminate',
  'termination',
  'terminated',
])

/** Mildest first; a track goes only forward through them. */
export const STAGE_STATES = ['notice', 'read-only', 'suspended', 'terminated', 'ended'] as const
const stageState = z.enum(STAGE_STATES)

const page = z.enum(['suspended', 'switched-off', 'trial-over', 'ended'])

const effectsSchema = z.strictObject({
  readOnly: z._default(z.boolean(), false),
  /** Nobody gets in; the page that is seen instead. */
  blocked: z._default(z.nullable(page), null),
  /** The customer's data may be deleted from the beginning of this stage on. */
  purge: z._default(z.boolean(), false),
  /** No release published since this stage began is covered. */
  noUpgrades: z._default(z.boolean(), false),
})

/** `order`: the notice that the vendor gave in the order itself; an urgent order does without. Of several, the first shown counts. */
const conditionSchema = z.strictObject({
  notice: z.union([word, z.array(word).check(z.minLength(1), z.maxLength(10))]),
  days: z._default(count, 0),
})

const stageSchema = z.strictObject({
  id: word,
  state: stageState,
  /** Begins so many calendar days after the anchor (negative: before it). Left out: as soon as the anchor is known. */
  days: z.optional(days),
  /** Begins no earlier than so many days after these notices were first shown. */
  after: z.optional(z.union([conditionSchema, z.array(conditionSchema).check(z.maxLength(5))])),
  notice: z.optional(word),
  effects: z.optional(effectsSchema),
  clause: z.optional(clause),
  /** Once reached, only a new licence lifts it; a receipt or renewal does not. */
  final: z._default(z.boolean(), false),
  text: line,
})

const trackSchema = z.strictObject({
  name: word,
  anchor: anchorSchema,
  clause,
  stages: z.array(stageSchema).check(z.minLength(1), z.maxLength(20)),
})

const wordingSchema = z.strictObject({
  title: z.string().check(z.minLength(1), z.maxLength(120)),
  text: z.string().check(z.minLength(1), z.maxLength(1000)),
})

const noticeSchema = z.strictObject({
  audience: z.enum(['everyone', 'administrators']),
  texts: z.catchall(z.strictObject({ en: wordingSchema, sl: wordingSchema }), wordingSchema),
})

const limitRule = z.strictObject({ behaviour: behaviourSchema, clause, notice: z.optional(word), text: line })

/** As a licence names meters: of the stack, or counted by the appliance itself. */
const meter = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'must be the name of a meter, such as database_bytes'))

const allowance = z.strictObject({
  what: line,
  max: z.number().check(z.minimum(0)),
  unit: z.string().check(z.maxLength(40)),
  /** `licence`: for each licence of the customer, that is, for each licensed user. */
  each: z.optional(z.enum(['licence', 'file'])),
  /** In the calendar month or year: the sum of what is counted, the average of a level. */
  per: z.optional(z.enum(['month', 'year'])),
  /** What counts it. Left out: agreed, and watched by people. */
  meter: z.optional(meter),
  /** Said while it is over; left out: the notice of `limits.meters`. */
  notice: z.optional(word),
  clause,
})

/** Numbers and rules that other parts of the appliance carry out: announcements, backups, reports. */
const service = {
  announcements: list(
    z.strictObject({
      what: line,
      hours: z.optional(count),
      workingDays: z.optional(count),
      clause,
      unlessShorterMinutes: z.optional(count),
    }),
  ),
  windows: list(
    z.strictObject({
      days: z.enum(['every', 'working', 'rest']),
      from: time,
      until: time,
      withoutNoticeMinutes: z.optional(count),
      clause,
    }),
  ),
  backups: z.optional(
    z.strictObject({
      dailyDays: count,
      weeklyWeeks: z._default(count, 0),
      monthlyMonths: z._default(count, 0),
      places: z._default(count, 1),
      clause,
    }),
  ),
  logs: z.optional(z.strictObject({ keptDays: count, clause })),
  availability: z.optional(
    z.strictObject({
      percent: z.number().check(z.minimum(0), z.maximum(100)),
      of: z.enum(['month', 'working-time']),
      /** Of the month's fee, by availability reached; the first line that fits counts. */
      credits: list(z.strictObject({ atLeast: z.number(), percent: z.number() })),
      clause,
    }),
  ),
  responses: list(z.strictObject({ severity: word, respond: z.optional(line), repair: z.optional(line), clause })),
  fairUse: list(allowance),
  /** Meters over which there are days to move to a larger package. */
  quotas: list(
    z.strictObject({
      what: line,
      graceDays: count,
      afterwards: z.literal('limited'),
      /** Whose limit in the licence is the quota. */
      meter: z.optional(meter),
      clause,
    }),
  ),
  /** What is carried out elsewhere, so that no rule of the contract is left out. */
  rules: list(z.strictObject({ clause, text: line })),
}

export const termsProfileSchema = z.strictObject({
  name: word,
  version: z.int().check(z.positive()),
  title: line,
  timezone: z.string().check(z.maxLength(60)),
  limits: z._default(
    z.strictObject({
      users: z.optional(limitRule),
      sessions: z.optional(limitRule),
      installations: z.optional(limitRule),
      modules: z.optional(limitRule),
      /** Any other meter that has a limit. */
      meters: z.optional(limitRule),
    }),
    {},
  ),
  notices: z._default(z.record(word, noticeSchema), {}),
  tracks: z.array(trackSchema).check(z.maxLength(30)),
  /** Which releases are covered: those published while maintenance or a fixed term runs, while the term runs, or all. */
  maintenance: z.strictObject({
    upgrades: z.enum(['maintenance-or-term', 'term', 'all']),
    securityFixesExempt: z._default(z.boolean(), false),
    clause,
  }),
  /** When a contract ends that a party gives notice of. */
  termination: z.strictObject({
    notice: z.strictObject({ days: z.optional(count), months: z.optional(count) }),
    ends: z.enum(['day', 'month']),
    clause,
  }),
  /** A tier passed in a calendar year counts from the first day of the next month, and never less again. */
  tiers: z.optional(z.strictObject({ clause, text: line })),
  /** What follows when use exceeded the licence; left out: the contract names nothing. */
  excess: z.optional(
    z.strictObject({
      clause,
      /** Licences are charged for the actual extent of use. */
      licences: z._default(z.boolean(), false),
      /** Maintenance is charged for the period in which the licence was exceeded. */
      maintenance: z._default(z.boolean(), false),
      /** Contract penalty: so many times the value of the licences that were missing. */
      penaltyTimes: z.optional(z.int().check(z.minimum(1), z.maximum(100))),
      text: line,
    }),
  ),
  ...service,
})

export type TermsProfile = z.infer<typeof termsProfileSchema>
export type Anchor = z.infer<typeof anchorSchema>
export type Page = z.infer<typeof page>
export type StageState = z.infer<typeof stageState>
