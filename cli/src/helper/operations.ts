import { UserError } from '@domicile/stacks/kernel'
import type { Operations, Result } from './worker.ts'

/** What the helper does for each operation: the same as the commands, on the appliance as it is when it is asked. */
export const hostOperations = (_appliance: string): Operations => ({
  create: notYet,
  drill: notYet,
  check: notYet,
  'second-copy': notYet,
})

const notYet = async (): Promise<Result> => {
  throw new UserError('This is not carried out yet.', { code: 'NOT_YET', hint: 'Use a newer program.' })
}
