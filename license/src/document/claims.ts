import * as z from 'zod/mini'

/**
 * What each kind of document says: the payload of its JWS. Days are `YYYY-MM-DD` in the time zone of the contract's terms
 * and end there at midnight; instants are ISO 8601 in UTC; `iat` is in seconds since 1970.
 */

/** The `typ` of each kind's JWS header. A verifier says which it expects: no document passes for another. */
export const DOCUMENT_TYPES = {
  licence: 'lic+jws',
  renewal: 'lic-renewal+jws',
  order: 'lic-order+jws',
  receipt: 'lic-receipt+jws',
  keys: 'lic-keys+jws',
  unlock: 'lic-unlock+jws',
  anchor: 'lic-anchor+jws',
  request: 'lic-request+jws',
  usage: 'lic-usage+jws',
} as const

export type DocumentKind = keyof typeof DOCUMENT_TYPES

/** What people are shown, on terminals and on pages: nothing in it may move the cursor or turn the direction of writing. */
const text = (most: number) =>
  z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(most),
      z.regex(/^[^\p{Cc}\u2028-\u202e\u2066-\u2069]*$/u, 'must be one line without control characters'),
    )
const paragraph = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(2000),
    z.regex(/^([\n\t]|[^\p{Cc}\u2028-\u202e\u2066-\u2069])*$/u, 'must be without control characters'),
  )
const word = z
  .string()
  .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'must be a word of letters, digits and . _ / -'))
const instant = z.iso.datetime()
/** minisign’s. */
const keyId = z.string().check(z.regex(/^[0-9A-F]{16}$/, 'must be a key id of 16 hexadecimal digits'))
const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'))

/** Thirty years, so that a slip of the pen in a year is seen where it is made. */
const day = z.iso
  .date()
  .check(z.refine((value) => value >= '2000-01-01' && value <= '2100-12-31', 'must be between 2000 and 2100'))

/** `refuse` what goes beyond, let it through and `warn`, or only `count` it for the audit. Another word is refused at import. */
export const behaviourSchema = z.enum(['refuse', 'warn', 'count'])

/** The end of 2100, as days end there too. */
const LATEST_SECONDS = 4_133_980_799

const most = z.int().check(z.minimum(0), z.maximum(10_000_000))
/** By name; whatever is counted, there are not more of it than a person could read. */
const named = <T extends z.ZodMiniType>(value: T) =>
  z
    .record(word, value)
    .check(z.refine((entries) => Object.keys(entries).length <= 200, 'must have at most 200 entries'))

const limit = z.object({ max: most, behaviour: behaviourSchema })

const common = {
  /** Unique; what renewals and the record refer to. */
  jti: z.uuid(),
  /** The vendor's name. */
  iss: text(120),
  iat: z.int().check(z.positive(), z.maximum(LATEST_SECONDS)),
}

/** Documents about one contract are numbered by one series; an appliance never accepts one lower than it has seen. */
const inContract = { ...common, contract: word, seq: z.int().check(z.positive()) }

const limitsSchema = z.object({
  users: z.optional(limit),
  sessions: z.optional(
    z.object({
      max: most,
      behaviour: behaviourSchema,
      /** Of `max`, kept free for administrators. */
      reserved: z._default(most, 0),
      /** For service accounts, beside `max`; they never take a person's seat. */
      services: z._default(most, 0),
      /** After so long without a request a seat is free again. */
      idleMinutes: z._default(z.int().check(z.minimum(1), z.maximum(1440)), 20),
    }),
  ),
  installations: z.optional(limit),
  /** Of meters that the stack has, by name, as it counts them or per calendar month or year. */
  meters: z.optional(named(z.extend(limit, { per: z.optional(z.enum(['month', 'year'])) }))),
})

const termsSchema = z.object({
  name: word,
  version: z.int().check(z.positive()),
  /** Of `text`. */
  sha256: hash,
  /** The whole profile as YAML: both sides hold what they agreed on. */
  text: z.string().check(z.minLength(1), z.maxLength(65_536)),
})

export const licenceSchema = z.object({
  ...inContract,
  customer: z.object({ name: text(200), taxNumber: text(40), address: z.optional(text(300)) }),
  locations: z._default(z.array(text(200)).check(z.maxLength(200)), []),
  /** Name of the stack. */
  product: word,
  edition: z.optional(text(80)),
  purpose: z.enum(['production', 'standby', 'test']),
  /** The one installation it is for; null: any of the customer's, up to `limits.installations`. */
  installation: z.nullable(z.uuid()),
  modules: z._default(
    named(z.object({ users: z.optional(limit), from: z.optional(day), until: z.optional(z.nullable(day)) })),
    {},
  ),
  limits: limitsSchema,
  trial: z._default(z.boolean(), false),
  /** `until` is the last day of use; null: perpetual. */
  term: z.object({ from: day, until: z.nullable(day) }),
  /** Last day of maintenance: releases published later are not covered. Null: none was agreed. */
  maintenanceUntil: z.nullable(day),
  /** Last day that is paid for; null: nothing is owed from time to time. */
  paidThrough: z.nullable(day),
  /** Amounts per year from which on the next tier applies, lowest first; `upTo` null in the last. */
  tiers: z.optional(
    z.object({
      meter: word,
      current: word,
      steps: z.array(z.object({ name: word, upTo: z.nullable(z.number()) })).check(z.minLength(1), z.maxLength(50)),
    }),
  ),
  terms: termsSchema,
  /** Where newer documents can be fetched, for appliances that may. */
  feed: z.nullable(z.url({ protocol: /^https$/ })),
  /** Whom people ask: shown on every page that refuses something. */
  contact: z.optional(text(200)),
})

/** Moves dates and limits of a licence that is in force; what it does not name stays. */
export const renewalSchema = z.object({
  ...inContract,
  licence: z.uuid(),
  until: z.optional(z.nullable(day)),
  maintenanceUntil: z.optional(z.nullable(day)),
  paidThrough: z.optional(z.nullable(day)),
  limits: z.optional(limitsSchema),
})

/** The vendor's word on the use itself. `warn` is a written warning of a breach; `lift` ends what an earlier order began. */
export const orderSchema = z.object({
  ...inContract,
  action: z.enum(['suspend', 'lift', 'terminate', 'warn']),
  reason: paragraph,
  clause: text(80),
  effective: instant,
  /** When and how the customer was told. Only an urgent order may do without. */
  notice: z.nullable(z.object({ given: instant, text: paragraph })),
  urgent: z._default(z.boolean(), false),
})

export const receiptSchema = z.object({ ...inContract, paidThrough: day, reference: z.optional(text(80)) })

/** Which keys sign documents from now on, beside the vendor key that the appliance was installed with. */
export const keysSchema = z.object({
  ...common,
  version: z.int().check(z.positive()),
  keys: z
    .array(
      z.object({
        kid: keyId,
        /** Ed25519, 32 bytes in base64url. */
        publicKey: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
        from: z.nullable(instant),
        until: z.nullable(instant),
      }),
    )
    .check(z.minLength(1), z.maxLength(16)),
  /** Documents signed by these count no more, whenever they were signed. */
  revokedKeys: z._default(z.array(keyId).check(z.maxLength(64)), []),
  revokedLicences: z._default(z.array(z.uuid()).check(z.maxLength(1000)), []),
})

/** Sets licence time right after an accident with the clock. */
export const unlockSchema = z.object({ ...common, installation: z.uuid(), at: instant, reason: paragraph })

/**
 * The vendor's counter-signature at an exchange: that an installation's record stood so at `iat`. The installation brings it
 * in, so that it stands in the record itself: from then on nobody can put another past in its place, not even with the key.
 */
export const anchorSchema = z.object({
  ...common,
  installation: z.uuid(),
  genesis: hash,
  /** Lines of the record, and the hash of the last of them. */
  length: z.int().check(z.minimum(1)),
  head: hash,
  /** What the installation had sent: a request, or usage (a usage report or an audit report). */
  with: z.enum(['request', 'usage']),
})

/** Where a chain of records stands, and where it stood at each earlier exchange: what tells a clone from its original. */
export const chainSchema = z.object({
  genesis: hash,
  length: z.int().check(z.minimum(0)),
  head: hash,
  checkpoints: z.array(z.object({ length: z.int(), hash })).check(z.maxLength(2000)),
})

/** Made and signed by an installation; its own key is in it. */
export const requestSchema = z.object({
  ...common,
  installation: z.object({ id: z.uuid(), publicKey: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)) }),
  product: word,
  version: text(40),
  purpose: z.enum(['production', 'standby', 'test']),
  contract: z.nullable(word),
  seq: z.nullable(z.int()),
  /** Counted when it was made; numbers only. */
  usage: named(z.number()),
  chain: chainSchema,
})

/** As a request, at an exchange of usage. */
export const usageSchema = z.extend(requestSchema, {
  period: z.object({ from: instant, until: instant }),
  /** The report file that it vouches for: SHA-256 of its bytes, and how many. */
  report: z.optional(z.object({ sha256: hash, bytes: z.int().check(z.minimum(1)) })),
})

export const CLAIMS = {
  licence: licenceSchema,
  renewal: renewalSchema,
  order: orderSchema,
  receipt: receiptSchema,
  keys: keysSchema,
  unlock: unlockSchema,
  anchor: anchorSchema,
  request: requestSchema,
  usage: usageSchema,
} as const

export type Claims<K extends DocumentKind> = z.infer<(typeof CLAIMS)[K]>
export type LicenceClaims = Claims<'licence'>
export type Limits = LicenceClaims['limits']
export type Behaviour = z.infer<typeof behaviourSchema>
export type Chain = z.infer<typeof chainSchema>
