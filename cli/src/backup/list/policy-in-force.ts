import { type EffectiveTerms, effectiveTerms, type PolicyTerms } from '@domicile/backup/policy'
import { isZone, parseTerms } from '@domicile/license/terms'
import type { Appliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'

export interface PolicyInForce extends EffectiveTerms, PolicyTerms {
  /**
   * Where it was read from. `unknown`: the agent, which has the licence, does not answer, or cannot tell whether there is
   * one; then this is the default with what was chosen, and nothing may be removed by it: the contract may want more.
   */
  readonly contract: 'licence' | 'none' | 'unknown'
}

/** The rule by which snapshots of an appliance are kept now. */
export async function policyInForce({
  wanted,
  blueprint,
}: Pick<Appliance, 'wanted' | 'blueprint'>): Promise<PolicyInForce> {
  const contract = await termsOf(blueprint.layout.lib)
  const terms = contract === 'unknown' || contract === 'none' ? null : contract
  return {
    ...effectiveTerms(terms?.backups ?? null, wanted.backup?.keep ?? {}),
    timeZone: wanted.backup?.timeZone ?? terms?.timezone ?? 'UTC',
    contract: typeof contract === 'string' ? contract : 'licence',
  }
}

async function termsOf(lib: string) {
  try {
    const found = await agentOf(lib).call('licence-show', {})
    if (found.licence) return parseTerms(found.licence.terms.text)
    return isCertain(found) ? ('none' as const) : ('unknown' as const)
  } catch {
    return 'unknown' as const
  }
}

/** With these there may have been a licence that cannot be read now. */
const DOUBTS = ['RECORD_TAMPERED', 'STANDING_UNDECIDED']

/** Whether there never was a licence. To be asked of an agent that has none now. */
export const isCertain = ({ findings }: { readonly findings: readonly { readonly code: string }[] }): boolean =>
  !findings.some(({ code }) => DOUBTS.includes(code))

/** In which a list is shown where nothing else is known. */
export function hostZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return isZone(timeZone) ? timeZone : 'UTC'
}
