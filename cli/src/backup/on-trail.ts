import { BackupRefusal } from '@domicile/backup/refusal'
import { UserError } from '@domicile/stacks/kernel'
import { appendToTrail } from '../appliance/audit-trail.ts'
import { BACKUP_REFUSAL_EXIT } from './refusal-exit.ts'

/**
 * A line in the audit trail before and after an operation of backups, whoever began it.
 * @param what in words, without secrets
 */
export async function onTrail<T>(appliance: string, what: string, now: () => Date, work: () => Promise<T>): Promise<T> {
  const line = (event: 'begin' | 'end', ending?: { result: string; exitCode: number }) =>
    appendToTrail(appliance, { at: now().toISOString(), what, event, ...ending })
  line('begin')
  try {
    const result = await work()
    line('end', { result: 'done', exitCode: 0 })
    return result
  } catch (error) {
    line('end', { result: (error as Error).message.split('\n')[0] ?? '', exitCode: exitCodeOf(error) })
    throw error
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UserError) return error.exitCode
  return error instanceof BackupRefusal ? BACKUP_REFUSAL_EXIT[error.kind] : 1
}
