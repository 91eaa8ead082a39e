import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import { PATHS } from '@domicile/backup/archive'
import { findSnapshot, type Selector } from '@domicile/backup/catalogue'
import { parseInstant, showInstant } from '@domicile/backup/point-in-time'
import { readProof } from '@domicile/backup/proof'
import { BackupRefusal } from '@domicile/backup/refusal'
import { type Forecast, forecast, type Lost, lostBetween, type Measured } from '@domicile/backup/restore'
import { type Manifest, runIdAt, type Snapshot } from '@domicile/backup/snapshot'
import { volumeName } from '@domicile/stacks/plan'
import { type Settings, settingsValidator } from '@domicile/stacks/stack'
import { parse } from 'yaml'
import type { Appliance } from '../../appliance/appliance.ts'
import { LIB } from '../../appliance/records.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { agentOf } from '../../facts/running.ts'
import { withArchive } from '../archive-room.ts'
import { readCatalogue } from '../catalogue.ts'
import { policyInForce } from '../list/policy-in-force.ts'
import { findWay, type Way } from '../point-in-time/index.ts'
import type { RoomTools } from '../room.ts'
import { ROOMS } from './fill.ts'
import { readManifest } from './read-manifest.ts'

/** What is to be put back: a snapshot, or the database as it was at an instant, in a person's words. */
export type Wish = ({ readonly snapshot: Selector } | { readonly at: string }) & {
  /** Settings, too, as the snapshot has them; else they stay as they are. */
  readonly withSettings?: boolean
}

/** A restore as data, before anything is made. */
export interface RestorePlan {
  /** Of this restore. */
  readonly id: string
  readonly snapshot: Snapshot
  readonly manifest: Manifest
  /** The database as it was then; null: as it is in the snapshot. */
  readonly instant: Date | null
  /** Of the appliance's clock. */
  readonly timeZone: string
  /** To that instant; null: none. */
  readonly way: Way | null
  /** When the data was as it will be. */
  readonly at: string
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
  /** What was set when the snapshot was made; null: it was not asked for. */
  readonly settings: Settings | null
  readonly forecast: Forecast
  readonly freeBytes: number
  readonly lost: Lost
}

/**
 * Which snapshot, what it needs, and what would be lost. Reads only.
 * @throws BackupRefusal SNAPSHOT_UNKNOWN, SNAPSHOT_REFUSED, RELEASE_OTHER; INSTANT_INVALID, INSTANT_NEVER, INSTANT_TWICE (2)
 * and INSTANT_AHEAD (3) for an instant that is none
 */
export async function planRestore(appliance: Appliance, wish: Wish, now: Date, tools: RoomTools): Promise<RestorePlan> {
  const { name, state, stack } = appliance
  const { timeZone } = await policyInForce(appliance)
  const instant = 'at' in wish ? parseInstant(wish.at, timeZone, now) : null
  const selector = instant ? { at: instant } : (wish as { snapshot: Selector }).snapshot
  const snapshots = await readCatalogue(name)
  // What an earlier restore put aside is not what somebody means who wants the newest back.
  const meant = isLatest(wish) ? snapshots.filter(({ kind }) => kind !== 'pre-restore') : snapshots
  const snapshot = findSnapshot(meant, selector)
  refuseBad(snapshot)
  const { manifest, settings } = await withArchive(appliance, { service: ROOMS.read }, tools, async (archive) => ({
    manifest: await readManifest(archive, snapshot),
    settings: wish.withSettings
      ? settingsThen(await archive.readFile(snapshot.parts.files, PATHS.state.settings), appliance)
      : null,
  }))
  refuseOther(manifest, state.release)
  const way = instant && (await findWay(appliance, instant, (at) => showInstant(at, timeZone), tools))
  const keys = ['postgres', ...stack.manifest.documents.map(({ volume }) => volume)]
  const id = runIdAt(now, randomBytes(3).toString('hex'))
  const at = instant?.toISOString() ?? manifest.at
  return {
    ...{ id, snapshot, manifest, instant, timeZone, way, at, settings },
    before: Object.fromEntries(keys.map((key) => [key, volumeName(state, key)])),
    after: Object.fromEntries(keys.map((key) => [key, `${name}_${key}_${id}`])),
    forecast: forecast(manifest, await measuredHere(appliance, snapshots)),
    freeBytes: await freeSpace(tools.engine, volumeName(state, 'agent')),
    lost: lostBetween(at, now.toISOString()),
  }
}

/**
 * What people could set; where the appliance is reached stays as it is.
 * @throws UserError SETTINGS_INVALID (2) when the stack does not allow it any more
 */
function settingsThen(text: string, { stack, wanted }: Appliance): Settings {
  const then = (parse(text) as { settings?: Settings } | null)?.settings ?? {}
  const { hostname } = wanted.settings
  return settingsValidator(stack.manifest)({ ...then, ...(hostname !== undefined && { hostname }) })
}

const isLatest = (wish: Wish) => 'snapshot' in wish && 'name' in wish.snapshot && wish.snapshot.name === 'latest'

/** Where the engine keeps its volumes, which may be another disk than ours. */
async function freeSpace(engine: DockerEngine, volume: string): Promise<number> {
  const { bsize, bavail } = await statfs((await engine.volumeFolder(volume)) ?? LIB)
  return bavail * bsize
}

/** What drills of this appliance took; none when the agent does not answer. */
async function measuredHere({ blueprint }: Appliance, snapshots: readonly Snapshot[]): Promise<Measured[]> {
  const byRun = new Map(snapshots.map(({ run, bytes }) => [run, bytes.dump + bytes.documents]))
  const proofs = await everyProof(blueprint.layout.lib).catch(() => [])
  return proofs.flatMap((text) => {
    const { run, recoverySeconds: seconds } = readProof(text)
    const bytes = byRun.get(run)
    return bytes === undefined || seconds === null ? [] : [{ bytes, seconds }]
  })
}

async function everyProof(lib: string): Promise<string[]> {
  const texts: string[] = []
  for (;;) {
    const { items, more } = await agentOf(lib).call('backup-proofs', { after: texts.length })
    texts.push(...items)
    if (!more || items.length === 0) return texts
  }
}

function refuseBad({ run, refused }: Snapshot): void {
  if (refused === null) return
  throw new BackupRefusal(`The snapshot ${run} does not count: ${refused}.`, {
    code: 'SNAPSHOT_REFUSED',
    hint: 'Nothing was changed. Choose another one: domicile backup list',
  })
}

/** Data belongs to the version that wrote it; nothing here migrates it. */
function refuseOther({ release, run }: Manifest, installed: Appliance['state']['release']): void {
  if (release.name === installed.name && release.version === installed.version) return
  throw new BackupRefusal(
    `The snapshot ${run} is of ${release.name} ${release.version}; installed is ${installed.name} ${installed.version}.`,
    {
      code: 'RELEASE_OTHER',
      hint: 'Nothing was changed. Choose a snapshot of the installed version (domicile backup list), or restore this one onto another host with its own release.',
    },
  )
}
