import { runChecks } from './checks.ts'
import type { HostFacts } from './facts.ts'
import { HEALTHY, REQUIREMENTS, WANTED } from './healthy-host.fixture.ts'
import type { Requirements, Verdict, Wanted } from './verdict.ts'

/** What one check says of an otherwise healthy host. */
export function check(
  id: string,
  facts: Partial<HostFacts>,
  wanted: Partial<Wanted> = {},
  requirements: Partial<Requirements> = {},
): Verdict {
  const verdicts = runChecks({ ...HEALTHY, ...facts }, { ...REQUIREMENTS, ...requirements }, { ...WANTED, ...wanted })
  const verdict = verdicts.find((entry) => entry.id === id)
  if (!verdict) throw new Error(`no check ${id}`)
  return verdict
}
