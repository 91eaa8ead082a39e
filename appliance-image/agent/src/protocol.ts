import { drillSchema } from '@domicile/backup/proof'
import { summarySchema } from '@domicile/backup/schedule'
import { RUN_ID } from '@domicile/backup/snapshot'
import type { LicenceClaims } from '@domicile/license/document'
import { STATES, type Standing, type StandingEvent } from '@domicile/license/standing'
import * as z from 'zod/mini'

/**
 * What the CLI and the agent say to each other: `POST /v<PROTOCOL_VERSION>/<verb>` over the agent's Unix socket, JSON both
 * ways. Instants are ISO 8601 in UTC; fingerprints are SHA-256, upper-case hex with colons; certificates and keys are PEM.
 */
export const PROTOCOL_VERSION = 1

const instant = z.iso.datetime()
const mode = z.enum(['internal', 'provided', 'acme'])

/** Something a person can act on: what is so, and what to do about it. `code` is UPPER_SNAKE and stable. */
const advice = z.object({ code: z.string(), message: z.string(), hint: z.string() })

const tlsStatus = z.object({
  /** What the customer chose. */
  mode,
  /** What is served now: another than `mode` while the chosen one is missing or not valid. */
  serving: mode,
  names: z.array(z.string()),
  issuer: z.string(),
  serial: z.string(),
  fingerprint: z.string(),
  notBefore: instant,
  notAfter: instant,
  /** From when on the agent renews it by itself; null for a certificate that the customer brought. */
  renewsAt: z.nullable(instant),
  lastError: z.nullable(z.object({ at: instant, message: z.string() })),
  /** Of the internal CA, whichever certificate is served. */
  rootFingerprint: z.string(),
  rootNotAfter: instant,
  warnings: z.array(advice),
})

const timer = z.object({
  name: z.string(),
  lastRun: z.nullable(instant),
  /** `ok`, the message of the failure, or null before the first run. */
  lastResult: z.nullable(z.string()),
  nextRun: z.nullable(instant),
})

const empty = z.strictObject({})

const day = z.iso.date()
const purpose = z.enum(['production', 'standby', 'test'])

/** Checked where it was made; here it only travels. */
const made = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null)

/** How many of what a limit counts; `null`: not known now, or no limit. */
const count = z.object({ used: z.nullable(z.int()), max: z.nullable(z.int()) })

const licenceStatus = z.object({
  installation: z.uuid(),
  standing: made<Standing>(),
  /** With renewals and receipts applied; null before the first licence. */
  licence: z.nullable(made<LicenceClaims>()),
  /** What the standing was computed from, oldest first. */
  events: z.array(made<StandingEvent>()),
  usage: z.object({ users: count, sessions: count, services: count }),
  clock: z.object({
    /** Licence time. */
    now: instant,
    wall: instant,
    /** Why the two differ; null while they agree. */
    problem: z.nullable(z.string()),
  }),
  /** What was tampered with or does not work now, and what to do. */
  findings: z.array(advice),
  record: z.object({ length: z.int(), head: z.nullable(z.string()) }),
  maintenance: z.nullable(z.object({ from: instant, until: instant, text: z.nullable(z.string()) })),
})

/** The least that one must know. */
const licenceSummary = z.object({
  standing: z.enum(STATES),
  since: z.nullable(instant),
  /** When it changes by itself, and to what. */
  until: z.nullable(instant),
  next: z.nullable(z.enum(STATES)),
  /** Why, in words; empty while all is well. */
  reasons: z.array(z.string()),
  /** Keys of the notices that are due; whoever shows the reasons to a person says so with `licence-shown`. */
  due: z.array(z.string()),
  findings: z.array(advice),
})

/** One document of a file that was imported. */
const imported = z.object({
  document: z.string(),
  jti: z.string(),
  /** False when it was in force already. */
  changed: z.boolean(),
  warnings: z.array(z.string()),
})

const operation = z.enum(['create', 'check', 'drill', 'second-copy', 'restore'])

/** How the appliance's backups are. Instants by the agent's clock; null: never, or nothing. */
const backupStatus = z.object({
  /** When the last good snapshot was made. */
  lastSnapshot: z.nullable(instant),
  /** When a snapshot was last restored and found equal to what it was taken from. */
  lastProof: z.nullable(instant),
  /** What comes next by itself. */
  next: z.nullable(z.object({ what: operation, at: instant })),
  running: z.nullable(z.object({ what: operation, since: instant })),
  /** What is not as it should be, worst first. */
  findings: z.array(z.extend(advice, { severity: z.enum(['warn', 'fail']) })),
})

/** Every verb with the shapes of its request and of its response. */
export const VERBS = {
  /** How the agent is; reads only. */
  status: {
    request: empty,
    response: z.object({
      protocol: z.int(),
      version: z.string(),
      appliance: z.string(),
      uptimeSeconds: z.number(),
      memoryBytes: z.number(),
      tls: tlsStatus,
      licence: licenceSummary,
      /** Absent from agents of before there were backups. */
      backup: z.optional(backupStatus),
      timers: z.array(timer),
    }),
  },
  /** The internal CA's root certificate, for the browsers that shall trust it. */
  'tls-root': { request: empty, response: z.object({ pem: z.string(), fingerprint: z.string() }) },
  /** Takes the customer's own certificate (leaf first, then its chain) and serves it. A refused pair changes nothing. */
  'tls-set': { request: z.strictObject({ certificate: z.string(), key: z.string() }), response: tlsStatus },
  /** Chooses who issues the certificate. With `acme` it orders at once; a failure is in `lastError`. */
  'tls-use': {
    request: z.discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('internal') }),
      z.strictObject({
        mode: z.literal('acme'),
        email: z.optional(z.email()),
        directory: z.optional(z.url({ protocol: /^https$/ })),
      }),
    ]),
    response: tlsStatus,
  },
  /** Everything about the licence. */
  'licence-show': { request: empty, response: licenceStatus },
  /** Takes a file of signed documents: all of them or, when one is refused, none. */
  'licence-import': {
    request: z.strictObject({ text: z.string(), replace: z.optional(z.boolean()) }),
    response: z.object({ items: z.array(imported), licence: licenceStatus }),
  },
  /** Makes and signs a request that tells the vendor who this installation is and what it uses. */
  'licence-request': {
    request: z.strictObject({ purpose }),
    response: z.object({ text: z.string() }),
  },
  /**
   * Verifies the ledger and writes a signed report of a period into the folder of the socket, for who asked to take away;
   * what is left there is removed by the next one. Days in the time zone of the contract, both inclusive; null: the first
   * day, and today. `exchange`: it is made to be handed over, and the record remembers so.
   */
  'licence-audit': {
    request: z.strictObject({
      from: z.nullable(day),
      to: z.nullable(day),
      /** As the licence says, when it is not given. */
      purpose: z.optional(purpose),
      exchange: z.boolean(),
    }),
    response: z.object({
      /** Name of the file. */
      file: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      period: z.object({ from: day, to: day }),
      /** What is wrong with the ledger; at most the first thousand. */
      findings: z.array(z.object({ code: z.string(), day: z.nullable(day), message: z.string() })),
    }),
  },
  /**
   * The samples of one hour, UTC, as they stand in the file: what the columns are, the minutes, and what was counted in that
   * hour; null when they were dropped, as old samples are.
   */
  'licence-samples': {
    request: z.strictObject({ day, hour: z.int().check(z.minimum(0), z.maximum(23)) }),
    response: z.object({ lines: z.nullable(z.array(z.string())) }),
  },
  /** Notices that a person was just shown on the command line, by key. */
  'licence-shown': { request: z.strictObject({ keys: z.array(z.string()) }), response: empty },
  /** Announces planned maintenance to everybody who works, or takes it back (null). */
  'maintenance-set': {
    request: z.strictObject({
      maintenance: z.nullable(
        z.strictObject({ from: instant, until: instant, text: z.nullable(z.string().check(z.maxLength(300))) }),
      ),
    }),
    response: empty,
  },
  /** Takes our objects out of the application's database, before its migrations change what they hang on. */
  'guards-remove': { request: empty, response: empty },
  /** Puts them back, after the migrations; also done by itself when the agent starts. */
  'guards-install': { request: empty, response: empty },
  /** How an operation of backups ended, from whoever carried it out: the helper, or a command that a person ran. */
  'backup-note': {
    request: z.strictObject({
      operation,
      /** What the helper answered when it was asked; null: a person did. */
      id: z.nullable(z.uuid()),
      /** Which snapshot it is about; null: none, or several. */
      run: z.nullable(z.string().check(z.regex(RUN_ID))),
      /** `refused`: nothing was begun, or what was made does not count. */
      outcome: z.enum(['done', 'refused', 'failed']),
      /** Why; null when it is done. */
      code: z.nullable(z.string().check(z.regex(/^[A-Z0-9_]{2,64}$/))),
      at: instant,
      seconds: z.number().check(z.nonnegative()),
      /** How the snapshots are since; null: who tells does not know. */
      summary: z.nullable(summarySchema),
      /** Of a restore: what was written from then until `at` is not there any more. */
      lostFrom: z.optional(instant),
    }),
    response: empty,
  },
  /** Signs what a drill found with the key of the installation, as the next proof of its chain, and keeps it. */
  'backup-prove': { request: drillSchema, response: z.object({ text: z.string(), number: z.int() }) },
  /** Proofs as they were signed, oldest first, from the one after that number on; `more`: there are more than these. */
  'backup-proofs': {
    request: z.strictObject({ after: z.optional(z.int().check(z.nonnegative())) }),
    response: z.object({
      /** Whose they are: its number, and its public key (Ed25519, base64url). */
      installation: z.object({ id: z.uuid(), publicKey: z.string() }),
      items: z.array(z.string()),
      more: z.boolean(),
    }),
  },
  /** Renews now, before it is due. `root: true` makes a new internal CA first: browsers must be told of it. */
  'tls-renew': { request: z.strictObject({ root: z.optional(z.boolean()) }), response: tlsStatus },
} as const

export type Verb = keyof typeof VERBS
export type VerbRequest<V extends Verb> = z.infer<(typeof VERBS)[V]['request']>
export type VerbResponse<V extends Verb> = z.infer<(typeof VERBS)[V]['response']>
export type TlsMode = z.infer<typeof mode>
export type TlsStatus = z.infer<typeof tlsStatus>
export type TimerStatus = z.infer<typeof timer>
export type Advice = z.infer<typeof advice>
export type AgentError = z.infer<typeof agentError>['error']
export type LicenceSummary = z.infer<typeof licenceSummary>
export type BackupStatus = z.infer<typeof backupStatus>
export type LicenceStatus = z.infer<typeof licenceStatus>

/**
 * The body of every answer that is not 200: 400 the request is malformed, 409 it was refused, 500 the agent failed. `kind`
 * is there when a licence document was refused, and says on what ground.
 */
export const agentError = z.object({
  error: z.extend(advice, { kind: z.optional(z.enum(['unreadable', 'unverified', 'refused'])) }),
})

export const isVerb = (name: string): name is Verb => Object.hasOwn(VERBS, name)
