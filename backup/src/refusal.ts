/**
 * `usage`: what was given cannot be meant; `refused`: it may not be done now, and nothing was touched; `unverified`: what is
 * there is not what it should be; `missing`: there is no such thing; `failed`: an engine failed.
 */
export type RefusalKind = 'usage' | 'refused' | 'unverified' | 'missing' | 'failed'

/** Something about backups that a person can act on: what is so (`message`) and what to do about it (`hint`). */
export class BackupRefusal extends Error {
  /** UPPER_SNAKE, unique, stable. */
  readonly code: string
  readonly hint: string
  readonly kind: RefusalKind

  constructor(
    message: string,
    { code, hint, kind = 'refused', cause }: { code: string; hint: string; kind?: RefusalKind; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BackupRefusal'
    this.code = code
    this.hint = hint
    this.kind = kind
  }
}
