import type { VerifiedChain } from '@domicile/backup/proof'
import type { Snapshot } from '@domicile/backup/snapshot'
import { openAppliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'
import { readGiven } from '../../given-file.ts'
import { readInstallationKey } from '../../license/installation-key.ts'
import { readCatalogue } from '../catalogue.ts'
import { hostZone, policyInForce } from '../list/policy-in-force.ts'
import { checkProofs, proofsIn, readProofs } from './read-proofs.ts'

/** What a report is made of. */
export interface ReportMaterial {
  readonly texts: readonly string[]
  readonly chain: VerifiedChain
  readonly snapshots: readonly Snapshot[]
  readonly timeZone: string
  /** Day from which on there was something to prove; null: nobody knows. */
  readonly since: string | null
  readonly keep: { readonly days: number; readonly weeks: number; readonly months: number }
}

/** Of somebody else's appliance nobody here knows what it keeps. */
const NOTHING_KEPT = { days: 0, weeks: 0, months: 0 }

/** Of an appliance of this host. */
export async function ownProofs(name: string | undefined): Promise<ReportMaterial> {
  const appliance = await openAppliance(name)
  const { texts, installation } = await readProofs(agentOf(appliance.blueprint.layout.lib))
  const [snapshots, { timeZone, ...keep }] = [await readCatalogue(appliance.name), await policyInForce(appliance)]
  const since = appliance.state.installedAt?.slice(0, 10) ?? null
  return { texts, chain: checkProofs(texts, installation), snapshots, timeZone, since, keep }
}

/** From a file. Without a key they must be this host's appliance's own. */
export async function givenProofs(
  path: string,
  key: string | undefined,
  name: string | undefined,
  now: Date,
): Promise<ReportMaterial> {
  const texts = proofsIn(await readGiven(path), path)
  const installation = key
    ? await readInstallationKey(key, now)
    : (await readProofs(agentOf((await openAppliance(name)).blueprint.layout.lib))).installation
  const chain = checkProofs(texts, installation)
  return { texts, chain, snapshots: [], timeZone: hostZone(), since: null, keep: NOTHING_KEPT }
}
