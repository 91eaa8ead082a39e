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

/** The body of every answer that is not 200: 400 the request is malformed, 409 it was refused, 500 the agent failed. */
export const agentError = z.object({ error: advice })

export const isVerb = (name: string): name is Verb => Object.hasOwn(VERBS, name)
