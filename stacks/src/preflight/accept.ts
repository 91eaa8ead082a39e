import { ExitCode, UserError } from '../kernel/index.ts'
import type { Acceptance, Verdict } from './verdict.ts'

/** A failed check that stands in the way, in one sentence that says how to go on. */
export interface Refusal {
  readonly id: string
  readonly reason: string
}

export interface Accepted {
  readonly verdicts: readonly Verdict[]
  /** Empty when the way is clear. */
  readonly refused: readonly Refusal[]
}

/**
 * Records which failed checks somebody answers for; a strict one stays refused. Accepting changes no verdict.
 * @param accepted reason by check id
 * @param strictIds checks that the stack lets nobody accept, beside those that are always so
 * @throws UserError UNKNOWN_CHECK, NO_REASON (exit 2)
 */
export function acceptChecks(
  verdicts: readonly Verdict[],
  accepted: Readonly<Record<string, string>>,
  strictIds: readonly string[],
  { by, at }: Pick<Acceptance, 'by' | 'at'>,
): Accepted {
  for (const [id, why] of Object.entries(accepted)) requireAnswerable(verdicts, id, why)
  const answered = verdicts.map((verdict) => {
    const strict = verdict.strict || strictIds.includes(verdict.id)
    const why = Object.hasOwn(accepted, verdict.id) ? accepted[verdict.id]?.trim() : undefined
    if (strict || !why || verdict.verdict === 'pass') return { ...verdict, strict }
    return { ...verdict, accepted: { by, why, at } }
  })
  const standing = answered.filter((verdict) => verdict.verdict === 'fail' && !('accepted' in verdict))
  return { verdicts: answered, refused: standing.map(refusal) }
}

function requireAnswerable(verdicts: readonly Verdict[], id: string, why: string): void {
  if (!verdicts.some((verdict) => verdict.id === id)) {
    throw new UserError(`There is no check named "${id}".`, {
      code: 'UNKNOWN_CHECK',
      hint: `The checks are: ${verdicts.map((verdict) => verdict.id).join(', ')}.`,
      exitCode: ExitCode.Usage,
    })
  }
  if (why.trim() === '') {
    throw new UserError(`The check "${id}" was accepted without a reason.`, {
      code: 'NO_REASON',
      hint: `Say why, for those who read the record later: --accept ${id}="REASON".`,
      exitCode: ExitCode.Usage,
    })
  }
}

const refusal = ({ id, strict, hint }: Verdict): Refusal => ({
  id,
  reason: strict
    ? `${id} failed and nobody can accept it. ${hint}`
    : `${id} failed. ${hint} Or answer for it: --accept ${id}="REASON".`,
})
