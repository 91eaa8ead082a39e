import type { AgentError } from './protocol.ts'

/** A request that was understood and not carried out; nothing was changed. Whatever else is thrown is a failure. */
export class Refusal extends Error {
  readonly code: string
  readonly hint: string
  /** Of a licence document. */
  readonly kind: AgentError['kind']

  constructor({ code, message, hint, kind }: AgentError) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.hint = hint
    this.kind = kind
  }
}
