import { UserError } from '@domicile/stacks/kernel'
import { agentOf } from '../facts/running.ts'

export interface LicenceOutcome {
  readonly applied: boolean
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string }
  /** For the person who waits. */
  readonly said: string
  /** What the command ends with. */
  readonly exitCode: number
}

/**
 * Applies the licence that came with an installation. Only the appliance can tell whether a genuine one is for it; by then it
 * runs, and its first login must not be lost: a refusal is part of the result and does not throw.
 */
export async function applyLicence(name: string, lib: string, text: string): Promise<LicenceOutcome> {
  try {
    const { licence } = await agentOf(lib).call('licence-import', { text })
    const whose = licence.licence?.customer.name
    const said = `Licence of ${whose} in force; everything it says: domicile license show --name ${name}`
    return { applied: true, said, exitCode: 0 }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { code, message, hint, exitCode } = error
    const said = `The appliance runs, but not with this licence: ${message}\n${hint}`
    return { applied: false, error: { code, message, hint }, said, exitCode }
  }
}
