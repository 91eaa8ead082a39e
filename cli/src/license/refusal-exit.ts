import type { RefusalKind } from '@domicile/license/refusal'
import { ExitCode } from '@domicile/stacks/kernel'

/** How a command ends when a document of a licence was not taken, here or by the agent. */
export const REFUSAL_EXIT: Readonly<Record<RefusalKind, ExitCode>> = {
  unreadable: ExitCode.Usage,
  unverified: ExitCode.Unverified,
  refused: ExitCode.License,
}
