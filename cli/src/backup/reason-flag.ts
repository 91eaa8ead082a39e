import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { Flags } from '@oclif/core'

const MOST = 300

/** Why, in a person's words: one line that a list can show. @throws UserError REASON_INVALID (2) */
export function reasonOf(text: string): string {
  const reason = text.trim()
  if (reason !== '' && reason.length <= MOST && /^\P{Cc}*$/u.test(reason)) return reason
  throw new UserError('A reason is one line of text.', {
    code: 'REASON_INVALID',
    hint: `Say in up to ${MOST} characters why; whoever looks at it in a year wants to know.`,
    exitCode: ExitCode.Usage,
  })
}

export const reasonFlag = Flags.custom<string>({ helpValue: 'REASON', parse: async (text) => reasonOf(text) })
