import { findSnapshot } from '@domicile/backup/catalogue'
import { ARCHIVE } from '@domicile/backup/proof'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'
import { readCatalogue, updateCatalogue } from '../catalogue.ts'
import { withBackupLock } from '../lock.ts'
import { type Drilled, type DrillTools, drill } from './drill.ts'
import { ownArchive, type Source } from './source.ts'

export interface ProvenDrill extends Drilled {
  readonly snapshot: Snapshot
  /** In the chain of this installation. */
  readonly number: number
  /** As it was signed. */
  readonly proof: string
}

/** Why a snapshot that a drill found different does not count any more. */
export const DRILL_FAILED = 'DRILL_FAILED'

/**
 * Drills one snapshot and writes down what came of it: a proof signed by the agent, and the catalogue.
 * @param name `latest`, a run id or the beginning of one
 * @throws UserError, BackupRefusal as `drill`; SNAPSHOT_UNKNOWN (7), LOCKED (8), AGENT_UNREACHABLE (1): then there is no proof
 */
export async function runDrill(
  appliance: Appliance,
  name: string,
  tools: DrillTools,
  source: Source = ownArchive(appliance),
): Promise<ProvenDrill> {
  return withBackupLock(appliance.name, 'backup drill', async () => {
    const agent = agentOf(appliance.blueprint.layout.lib)
    const snapshot = findSnapshot(await readCatalogue(appliance.name), { name })
    // Before minutes are spent on what nobody would sign.
    await agent.call('status', {})
    const drilled = await drill(appliance, snapshot, source, tools)
    const { text, number } = await agent.call('backup-prove', drilled.drill)
    await updateCatalogue(appliance.name, snapshot.run, (known) => known && judged(known, drilled, source, new Date()))
    return { ...drilled, snapshot, number, proof: text }
  })
}

/** A copy that is damaged says nothing about the snapshot that it is a copy of. */
function judged(known: Snapshot, { drill: { verdict } }: Drilled, source: Source, at: Date): Snapshot {
  if (verdict === 'proven') return { ...known, provenAt: at.toISOString(), refused: withoutDrill(known.refused) }
  return source.name === ARCHIVE ? { ...known, refused: known.refused ?? DRILL_FAILED } : known
}

/** What an earlier drill found is refuted by a later one: a disk may have been mended. */
const withoutDrill = (refused: string | null) => (refused === DRILL_FAILED ? null : refused)
