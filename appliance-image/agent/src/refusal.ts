import type { Advice } from './protocol.ts'

/** A request that was understood and not carried out; nothing was changed. Whatever else is thrown is a failure. */
export class Refusal extends Error {
  readonly code: string
  readonly hint: string

  constructor({ code, message, hint }: Advice) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.hint = hint
  }
}
