import * as z from 'zod/mini'
import { DOCUMENT_TYPES } from '../document/index.ts'
import { METERS, MODULE_FIRST_USED, SEAL } from '../ledger/index.ts'
import { sealSchema } from '../ledger/shapes.ts'
import { BACKUP_PROOF, EXCHANGE, type RecordLine } from '../record/index.ts'
import { STATES } from '../standing/index.ts'

/**
 * What may leave the customer's server in a report: the kinds of lines that a record may hold and what exactly each of them
 * says. Numbers, instants, codes, names that the vendor gave, and documents that the vendor signed; no text that a person
 * or another program made up. A line that says more, or is of a kind that is not here, goes along without what it says: its
 * number and its digest keep their place in the chain, and whoever is shown the line itself can hold it against them.
 */

const instant = z.iso.datetime()
const count = z.int().check(z.minimum(0))
/** `RECORD_PUT_BACK`, `57P01`, `ECONNREFUSED`. */
const code = z.string().check(z.regex(/^[A-Z0-9_]{2,64}$/))
const digits = z.string().check(z.regex(/^[0-9a-f]{64}$/))
/** Given by the vendor: of a track, a stage, a meter, a module. */
const name = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,126}$/))
const key = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/))
/** From the vendor's terms, manifest or documents. */
const vendorText = (most: number) =>
  z.string().check(z.maxLength(most), z.regex(/^([\n\r\t]|[^\p{Cc}\u2028-\u202e\u2066-\u2069])*$/u))

/** Nothing but one armoured document: the free text that may stand before one in a file does not leave. */
const armoured = z
  .string()
  .check(
    z.maxLength(512 * 1024),
    z.regex(/^\n{0,10000}-----BEGIN DOMICILE [A-Z]+-----\r?\n([\w.-]{1,64}\r?\n)+-----END DOMICILE [A-Z]+-----\r?\n$/),
  )

const reason = z.strictObject({ track: name, stage: name, clause: vendorText(80) })
const vendorKey = z.strictObject({
  kid: z.string().check(z.regex(/^[0-9A-F]{16}$/)),
  publicKey: key,
  from: z.nullable(instant),
  until: z.nullable(instant),
})
const meter = z.strictObject({
  name,
  kind: z.enum(['level', 'count']),
  title: vendorText(120),
  sql: z.nullable(vendorText(4000)),
  module: z.nullable(name),
})
/** Something could not be asked (all of it, or these meters), or can be again. */
const reachability = z.strictObject({
  code: z.optional(code),
  meters: z.optional(z.array(name).check(z.maxLength(200))),
})

const SHAPES: Readonly<Record<string, z.ZodMiniType>> = {
  begun: z.strictObject({ installation: z.uuid(), publicKey: z.optional(key) }),
  'vendor-keys': z.strictObject({ keys: z.array(vendorKey).check(z.maxLength(64)) }),
  imported: z.strictObject({
    document: z.enum(Object.keys(DOCUMENT_TYPES) as (keyof typeof DOCUMENT_TYPES)[]),
    jti: z.uuid(),
    text: armoured,
  }),
  'import-refused': z.strictObject({ code }),
  standing: z.strictObject({
    state: z.enum(STATES),
    before: z.enum(STATES),
    reasons: z.array(reason).check(z.maxLength(50)),
  }),
  'notice-shown': z.strictObject({ key: z.string().check(z.regex(/^[\w./@#:+ -]{1,200}$/)) }),
  metered: z.strictObject({ meter: name, value: z.number() }),
  terminated: z.strictObject({ effective: z.iso.date() }),
  'termination-withdrawn': z.strictObject({}),
  undecided: z.strictObject({ code: z.optional(code) }),
  'read-only': z.strictObject({ readOnly: z.boolean() }),
  maintenance: z.union([
    z.strictObject({ from: instant, until: instant, text: z.optional(z.null()) }),
    z.strictObject({ withdrawn: z.literal(true) }),
  ]),
  tampered: z.strictObject({
    with: z.enum(['record', 'ledger', 'database']),
    code: z.optional(code),
    day: z.optional(z.iso.date()),
    anchor: z.optional(z.uuid()),
  }),
  gap: z.strictObject({ from: instant, until: instant, seconds: count }),
  clock: z.strictObject({
    kind: z.enum(['jumped-ahead', 'set-back', 'believed', 'agrees-again']),
    at: z.number(),
    byMs: z.number(),
  }),
  [EXCHANGE]: z.strictObject({
    with: z.enum(['request', 'usage']),
    period: z.optional(z.strictObject({ from: z.iso.date(), to: z.iso.date() })),
  }),
  'seats-unreachable': reachability,
  'seats-reachable': reachability,
  'meters-unreachable': reachability,
  'meters-reachable': reachability,
  'database-put-back': z.strictObject({ from: instant, to: z.nullable(instant) }),
  /** An administrator put data back: whose snapshot, when, and from when on what was written is gone. */
  restored: z.strictObject({
    run: z.nullable(z.string().check(z.regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/))),
    at: instant,
    lostFrom: instant,
  }),
  [METERS]: z.strictObject({ meters: z.array(meter).check(z.maxLength(200)) }),
  [MODULE_FIRST_USED]: z.strictObject({ module: name, at: instant }),
  [SEAL]: sealSchema,
  [BACKUP_PROOF]: z.strictObject({
    number: z.int().check(z.minimum(1)),
    sha256: digits,
    run: z.string().check(z.regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/)),
    from: name,
    verdict: z.enum(['proven', 'failed']),
    recoverySeconds: z.nullable(z.number().check(z.minimum(0))),
    codes: z.array(code).check(z.maxLength(40)),
  }),
}

/** Kinds of which lines are never left without what they say: figures are made of them. */
const ESSENTIAL = new Set(['begun', 'vendor-keys', 'imported', EXCHANGE, METERS, MODULE_FIRST_USED, SEAL])

export const isEssential = (kind: string): boolean => ESSENTIAL.has(kind)

/** In the place of what a line says and may not leave. */
const WITHHELD = { withheld: true } as const

/** The kind of a line that has none that is known here. */
const UNKNOWN_KIND = 'withheld'

export const isWithheld = ({ data }: Pick<RecordLine, 'data'>): boolean =>
  data['withheld'] === true && Object.keys(data).length === 1

/** Whether a line says only what may leave. */
export const mayLeave = ({ kind, data }: Pick<RecordLine, 'kind' | 'data'>): boolean =>
  Object.hasOwn(SHAPES, kind) && SHAPES[kind]?.safeParse(data).success === true

/** The line as it leaves: itself, or without what it says. */
export function leaving(line: RecordLine): RecordLine {
  if (isWithheld(line) || (mayLeave(line) && lineSchema.safeParse(line).success)) return line
  const { n, previous, hash } = line
  const kind = Object.hasOwn(SHAPES, line.kind) ? line.kind : UNKNOWN_KIND
  return { n, at: instantOf(line.at), wall: instantOf(line.wall), kind, data: WITHHELD, previous, hash }
}

const instantOf = (text: string) => (instant.safeParse(text).success ? text : new Date(0).toISOString())

/** A line of a record in a report. */
export const lineSchema = z.strictObject({
  n: z.int().check(z.minimum(1)),
  at: instant,
  wall: instant,
  kind: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,39}$/)),
  data: z.record(z.string(), z.unknown()),
  previous: digits,
  hash: digits,
})
