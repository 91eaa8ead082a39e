import { BackupRefusal } from '@domicile/backup/refusal'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Note } from './worker.ts'

/** What refuses has changed nothing, whichever way it says so. */
const REFUSES: readonly number[] = [ExitCode.Usage, ExitCode.Refused, ExitCode.NotFound, ExitCode.Locked]

const CODE = /^[A-Z0-9_]{2,64}$/

/** What was thrown, as the outcome that it means. */
export function judgeThrown(thrown: unknown): Pick<Note, 'outcome' | 'code'> {
  const { code } = thrown as { code?: unknown }
  return {
    outcome: refuses(thrown) ? 'refused' : 'failed',
    code: typeof code === 'string' && CODE.test(code) ? code : 'UNEXPECTED',
  }
}

function refuses(thrown: unknown): boolean {
  if (thrown instanceof UserError) return REFUSES.includes(thrown.exitCode)
  return thrown instanceof BackupRefusal && thrown.kind !== 'failed' && thrown.kind !== 'unverified'
}
