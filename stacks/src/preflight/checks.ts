import { APPLIANCE_CHECKS } from './appliances.ts'
import { DISK_CHECKS } from './disk.ts'
import { ENGINE_CHECKS } from './engine.ts'
import type { HostFacts } from './facts.ts'
import { FIREWALL_CHECKS } from './firewall.ts'
import { HOST_CHECKS } from './host.ts'
import { NETWORK_CHECKS } from './network.ts'
import type { Check, Requirements, Verdict, Wanted } from './verdict.ts'

/** Every check, in the order in which they are shown. */
export const CHECKS: readonly Check[] = [
  ...HOST_CHECKS,
  ...DISK_CHECKS,
  ...ENGINE_CHECKS,
  ...NETWORK_CHECKS,
  ...FIREWALL_CHECKS,
  ...APPLIANCE_CHECKS,
]

/** What each check says of these facts. The same facts always give the same verdicts. */
export function runChecks(facts: HostFacts, requirements: Requirements, wanted: Wanted): Verdict[] {
  return CHECKS.map(({ id, title, strict = false, run }) => ({
    id,
    title,
    ...run(facts, requirements, wanted),
    strict: strict || (requirements.strict?.includes(id) ?? false),
  }))
}
