import { refusedTag } from '@domicile/backup/archive'
import { snapshotNamed } from '@domicile/backup/catalogue'
import { ARCHIVE } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import type { Snapshot } from '@domicile/backup/snapshot'
import type { Appliance } from '../../appliance/appliance.ts'
import { agentOf } from '../../facts/running.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue, updateCatalogue } from '../catalogue.ts'
import { withBackupLock } from '../lock.ts'
import { onTrail } from '../on-trail.ts'
import { withPin } from '../retention/pin.ts'
import { type Drilled, type DrillTools, drill } from './drill.ts'
import { ROOMS } from './place.ts'
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
    const wanted = name === 'latest' ? ((await source.newest()) ?? name) : name
    const snapshot = snapshotNamed(await readCatalogue(appliance.name), wanted)
    const what = `backup drill ${snapshot.run}${source.name === ARCHIVE ? '' : ` from ${source.name}`}`
    const work = () => withPin(appliance.name, snapshot.run, () => proveOne(appliance, snapshot, source, tools))
    return onTrail(appliance.name, what, () => new Date(), work)
  })
}

async function proveOne(
  appliance: Appliance,
  snapshot: Snapshot,
  source: Source,
  tools: DrillTools,
): Promise<ProvenDrill> {
  const agent = agentOf(appliance.blueprint.layout.lib)
  // Before minutes are spent on what nobody would sign.
  await agent.call('status', {})
  const drilled = await drill(appliance, snapshot, source, tools)
  const { text, number } = await agent.call('backup-prove', drilled.drill)
  const at = new Date()
  const proven = drilled.drill.verdict === 'proven'
  if (isSaidOf(snapshot, source.name, proven)) await writeDown(appliance, snapshot, proven ? at : null, tools)
  if (proven) await source.proven(at)
  return { ...drilled, snapshot, number, proof: text }
}

/**
 * Whether what a drill found is said of the snapshot in the archive. A copy that is damaged says nothing about what it is a
 * copy of; and one that is whole does not make good again what is known to be bad at home.
 */
export const isSaidOf = ({ refused }: Pick<Snapshot, 'refused'>, from: string, proven: boolean): boolean =>
  from === ARCHIVE || (proven && refused === null)

/**
 * What an earlier drill found is refuted by a later one that finds everything equal: a disk may have been mended.
 * @param provenAt null: it was found different
 */
async function writeDown(
  appliance: Appliance,
  snapshot: Snapshot,
  provenAt: Date | null,
  tools: DrillTools,
): Promise<void> {
  const { refused } = snapshot
  const now = provenAt === null ? (refused ?? DRILL_FAILED) : refused === DRILL_FAILED ? null : refused
  // First what retention and alarms go by; the mark in the archive is for whoever has nothing but the archive.
  const judged = (known: Snapshot) => ({
    ...known,
    refused: now,
    provenAt: provenAt === null ? known.provenAt : provenAt.toISOString(),
  })
  await updateCatalogue(appliance.name, snapshot.run, (known) => known && judged(known))
  if (now === refused) return
  const change = { add: now === null ? [] : [refusedTag(now)], remove: now === null ? [refusedTag(DRILL_FAILED)] : [] }
  const mark = () =>
    withArchive(appliance, { service: ROOMS.archive }, tools, (archive) => archive.tag(snapshot.parts.manifest, change))
  const manifest = await mark().catch((error) => {
    // An archive that is damaged may refuse it.
    if (error instanceof BackupRefusal) return snapshot.parts.manifest
    throw error
  })
  await updateCatalogue(
    appliance.name,
    snapshot.run,
    (known) => known && { ...known, parts: { ...known.parts, manifest } },
  )
}
