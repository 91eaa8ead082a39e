/** One number per outcome a script may want to tell apart (docs/reference/exit-codes.md). */
export const ExitCode = {
  Failed: 1,
  Usage: 2,
  Refused: 3,
  Unverified: 4,
  License: 5,
  RolledBack: 6,
  NotFound: 7,
  Locked: 8,
  NeedsPerson: 9,
  Interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export interface UserErrorOptions {
  /** UPPER_SNAKE, unique; scripts may match on it. */
  readonly code: string
  /** What the person can do about it, in the imperative; names the next command where there is one. */
  readonly hint: string
  readonly exitCode?: ExitCode
  readonly cause?: unknown
}

/**
 * A failure the person at the keyboard can act on: `message` says what happened and what it means, `hint` what to do.
 * Whatever else reaches the top is a bug and is shown as one.
 */
export class UserError extends Error {
  readonly code: string
  readonly hint: string
  readonly exitCode: ExitCode

  constructor(message: string, { code, hint, exitCode = ExitCode.Refused, cause }: UserErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'UserError'
    this.code = code
    this.hint = hint
    this.exitCode = exitCode
  }
}
