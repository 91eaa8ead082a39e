import * as z from 'zod/mini'
import { boundedPattern } from './bounded-pattern.ts'

/**
 * How the gateway tells one person's session of the application from another's, without the application's help.
 * Only what the application itself checks may tell people apart: a user name that anybody may write is no proof.
 */

const line = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), z.regex(/^\P{Cc}*$/u))
const path = z.string().check(z.maxLength(500), z.regex(/^\/(?!\/)[!-~]*$/, 'must be a path'))
const contentType = z.string().check(z.regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, 'must be a media type'))

const pattern = (...groups: readonly string[]) =>
  z.string().check(
    z.maxLength(300),
    z.superRefine((source, context) => {
      const problem = boundedPattern(source, groups)
      if (problem) context.addIssue({ code: 'custom', message: problem, input: source })
    }),
  )

const proof = z.strictObject({
  method: z._default(z.enum(['GET', 'POST']), 'GET'),
  path,
  body: z.optional(z.string().check(z.maxLength(4000))),
  contentType: z._default(contentType, 'application/json'),
  /** What the application answers to those it knows; anything else is a stranger's. */
  status: z._default(z.int().check(z.minimum(200), z.maximum(399)), 200),
  contains: z.optional(line(200)),
  excludes: z.optional(line(200)),
})

const refused = z.strictObject({
  status: z.int().check(z.minimum(200), z.maximum(599)),
  type: contentType,
  /** Calls to this path alone; others get the gateway's own answer, whose status says that they were refused. */
  path: z.optional(path),
  /** `${title}` and `${message}` are replaced by the reason, escaped for a JSON string. */
  body: z.string().check(z.maxLength(4000)),
})

export const sessionSchema = z
  .strictObject({
    header: z.optional(z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header'))),
    cookie: z.optional(z.string().check(z.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be the name of a cookie'))),
    /** Group `session` is the session; without a pattern, and where it does not match, the whole value is. */
    pattern: z.optional(pattern('session')),
    encoding: z.optional(z.literal('base64')),
    /** Group `user` names the user within the (decoded) session; a group `session` here tells sessions apart instead. */
    user: z.optional(pattern('user')),
    /** Users, as the group names them, who may take the seats kept for administrators. */
    administrators: z._default(z.array(line(200)).check(z.maxLength(50)), []),
    /** Users who are programs; they have seats of their own. */
    services: z.optional(pattern()),
    /** Asked once with an unknown session: only one that the application knows takes a seat. */
    proof: z.optional(proof),
    /** What calls that are not of a browser's address line get when they are refused. */
    refused: z.optional(refused),
  })
  .check(
    z.refine(
      ({ header, cookie }) => (header === undefined) !== (cookie === undefined),
      'must name a header or a cookie',
    ),
  )

export type SessionSettings = z.output<typeof sessionSchema>
