import { sql } from '@domicile/stacks/apply'
import { UserError } from '@domicile/stacks/kernel'
import type { Appliance } from '../../appliance/appliance.ts'
import { postgresOf } from '../../appliance/postgres.ts'
import { createSnapshot } from '../snapshot/create-snapshot.ts'
import type { RestoreTools } from './restore.ts'

/**
 * A snapshot of what runs now, so that nothing is lost for good when the side from before is removed one day. Where the
 * database does not answer there is none to be had, and that may be why somebody restores.
 * @returns its run; null: none was made, which was said
 * @throws UserError PRE_RESTORE_FAILED with why a database that answers could not be saved
 */
export async function makePreRestore(appliance: Appliance, tools: RestoreTools): Promise<string | null> {
  if (!(await answers(appliance))) {
    tools.say('The running database does not answer, so no snapshot of it is made. Its volume is kept.')
    return null
  }
  try {
    const request = { kind: 'pre-restore', hold: null, acceptSmaller: 'it is what a restore puts aside' } as const
    const { snapshot } = await createSnapshot(appliance, request, tools)
    return snapshot.run
  } catch (error) {
    if (tools.signal.aborted) throw error
    throw new UserError(`What runs could not be saved before it is put aside: ${(error as Error).message}`, {
      code: 'PRE_RESTORE_FAILED',
      hint: 'Nothing was changed. Mend the cause, or leave that snapshot away with --without-snapshot: the volumes of what runs are kept until `restore accept`.',
      cause: error,
    })
  }
}

const answers = ({ engine, blueprint }: Appliance): Promise<boolean> =>
  sql(engine, postgresOf(blueprint), 'postgres', 'SELECT 1;').then(
    () => true,
    () => false,
  )
