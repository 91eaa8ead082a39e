/** Something about a licence that a person can act on: what is so (`message`) and what to do about it (`hint`). */
export class LicenceRefusal extends Error {
  /** UPPER_SNAKE, unique, stable. */
  readonly code: string
  readonly hint: string

  constructor(message: string, { code, hint, cause }: { code: string; hint: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LicenceRefusal'
    this.code = code
    this.hint = hint
  }
}
