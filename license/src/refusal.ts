/**
 * Why something was not taken: `unreadable`, the file or its content is not what it should be; `unverified`, nobody who may
 * vouches for it; `refused`, it is genuine and the contract, or what is in force, does not allow it.
 */
export type RefusalKind = 'unreadable' | 'unverified' | 'refused'

/** Something about a licence that a person can act on: what is so (`message`) and what to do about it (`hint`). */
export class LicenceRefusal extends Error {
  /** UPPER_SNAKE, unique, stable. */
  readonly code: string
  readonly hint: string
  readonly kind: RefusalKind

  constructor(
    message: string,
    { code, hint, kind = 'refused', cause }: { code: string; hint: string; kind?: RefusalKind; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LicenceRefusal'
    this.code = code
    this.hint = hint
    this.kind = kind
  }
}
