import { type ExitCode, UserError } from '@domicile/stacks/kernel'
import { requireRoot } from './appliance.ts'
import { appendToTrail } from './audit-trail.ts'
import { withLock } from './lock.ts'

/**
 * The one way to change an installed appliance: as root, alone, and with a line in the audit trail before and after.
 * @param what the command in words, without secrets; goes into the trail
 */
export async function change<T>(appliance: string, what: string, work: () => Promise<T>): Promise<T> {
  requireRoot()
  return withLock(appliance, what, async () => {
    const line = (event: 'begin' | 'end', result?: string, exitCode?: ExitCode | 0) =>
      appendToTrail(appliance, {
        at: new Date().toISOString(),
        what,
        event,
        ...(result !== undefined && { result }),
        ...(exitCode !== undefined && { exitCode }),
      })
    line('begin')
    try {
      const result = await work()
      line('end', 'done', 0)
      return result
    } catch (error) {
      line('end', (error as Error).message.split('\n')[0] ?? '', error instanceof UserError ? error.exitCode : 1)
      throw error
    }
  })
}
