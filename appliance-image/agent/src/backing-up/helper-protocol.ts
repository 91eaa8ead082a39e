import * as z from 'zod/mini'

/**
 * What the agent may ask of the host: `POST /v<HELPER_VERSION>/<verb>` with `{}` over the helper's Unix socket. The list is
 * fixed and none of it takes an argument: whoever gets hold of the agent can have backups made, and nothing else.
 */
export const HELPER_VERSION = 1

export const HELPER_SOCKET = 'helper.sock'

/** What the helper works on for a while: answered with 202 at once; the end is told to the agent by its verb `backup-note`. */
const HELPER_OPERATIONS = ['create', 'drill', 'check', 'second-copy'] as const
export type HelperOperation = (typeof HELPER_OPERATIONS)[number]

/** `alert`: tell whoever the admin named what is bad now; what that is the helper asks the agent. */
export const HELPER_VERBS = [
  'ping',
  'alert',
  ...HELPER_OPERATIONS.map((operation) => `backup-${operation}` as const),
] as const
export type HelperVerb = (typeof HELPER_VERBS)[number]

/** No more than this is read of a request or an answer. */
export const HELPER_BODY_BYTES = 64 * 1024

export const helperRequest = z.strictObject({})

/** What was taken on. `id` comes back in the note. */
export const helperTaken = z.object({ id: z.uuid(), operation: z.enum(HELPER_OPERATIONS) })

/** What is being worked on; null: nothing, or nothing that this helper knows of. */
export const helperPong = z.object({
  protocol: z.int(),
  version: z.string(),
  busy: z.nullable(z.extend(helperTaken, { since: z.iso.datetime() })),
})

/** The body of every other answer: 400 not understood, 409 another operation is at work, 500 it failed. */
export const helperError = z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) })

export type HelperPong = z.infer<typeof helperPong>
export type HelperTaken = z.infer<typeof helperTaken>
