import { existsSync } from 'node:fs'
import { mkdir, statfs } from 'node:fs/promises'
import type { ParsedSheet } from '@domicile/backup/keys'
import { BackupRefusal } from '@domicile/backup/refusal'
import { forecast, type Restore, requireSpace } from '@domicile/backup/restore'
import { runIdAt, type Snapshot } from '@domicile/backup/snapshot'
import { NEW_TARGET_STATE } from '@domicile/backup/targets'
import { engineHandlers, type Stage, type Timed, writeDurably } from '@domicile/stacks/apply'
import { APPLIANCE_LABEL } from '@domicile/stacks/plan'
import type { OpenRelease } from '@domicile/stacks/release'
import { parseStack, type Stack } from '@domicile/stacks/stack'
import { type Appliance, measureHost } from '../../appliance/appliance.ts'
import { imagesOfOthers } from '../../appliance/images.ts'
import { LIB, type StateRecord, stateFile, type WantedRecord } from '../../appliance/records.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { carryOut, planInstallation } from '../../install/install.ts'
import { type Choices, readEarlier } from '../../install/prepare.ts'
import { Archive, OWN_ARCHIVE } from '../archive.ts'
import { writeCatalogue } from '../catalogue.ts'
import { backupFolder } from '../folder.ts'
import { tellAgent } from '../restore/announce.ts'
import { fillBeside } from '../restore/beside.ts'
import { fillFromSnapshot } from '../restore/fill.ts'
import { forgetRestore } from '../restore/restore-record.ts'
import { writeTarget, writeTargetState } from '../targets/store.ts'
import { withTarget } from '../targets/target-room.ts'
import { asHere, type Chosen, choose, requireRelease } from './choose.ts'
import { type Arrival, forgetArrival, readArrival, writeArrival } from './marker.ts'
import { type Reached, type ReachTools, reach } from './reach.ts'
import { bringState, wantedHere } from './settings.ts'

export interface NewHostOrder {
  /** The appliance's, which it keeps. */
  readonly name: string
  readonly url: string
  readonly sheet: ParsedSheet
  readonly release: OpenRelease
  /** Run id or the beginning of it; undefined: the newest. */
  readonly snapshot: string | undefined
  readonly choices: Choices
}

export interface NewHostTools extends ReachTools {
  readonly engine: DockerEngine
  readonly stage: Stage
  readonly now: () => Date
  readonly say: (text: string) => void
  /** Judges this host once it is known what is wanted of it. @returns what somebody answered for */
  readonly judge: (wanted: WantedRecord, stack: Stack) => Promise<WantedRecord['accepted']>
  /** Asks before anything is written but what is needed to look. */
  readonly agree: (chosen: Chosen) => Promise<void>
}

export interface Arrived {
  readonly run: string
  /** When the data was as it is now. */
  readonly at: string
  readonly url: string
  readonly wanted: WantedRecord
  readonly steps: readonly Timed[]
  /** From the first byte that was read to the answer of the appliance. */
  readonly seconds: number
}

/** What is known of an appliance before it is one: enough to work in rooms with the images of the release. */
type Nucleus = Pick<Appliance, 'name' | 'state'>

/**
 * Brings an appliance back on an empty host from a second copy, with nothing but the recovery sheet and the release file:
 * who it is, settings, secrets, licence and its record, documents, database. Everything is brought in place as an uninstall
 * that keeps the data leaves it, compared with what the snapshot says of itself, and then installed over. Interrupted
 * anywhere, the same call goes on.
 * @throws BackupRefusal NEW_HOST_TAKEN (refused), RELEASE_OTHER, SHEET_OTHER, …; UserError of the installation
 */
export async function restoreToNewHost(order: NewHostOrder, tools: NewHostTools): Promise<Arrived> {
  const { name, release } = order
  const began = performance.now()
  const [arrival, earlier] = [await readArrival(name), await readEarlier(name)]
  if (earlier.state && !arrival) throw taken(name, earlier.state)
  // Its key would be lost under the one that comes.
  if (!arrival && existsSync(`${backupFolder(name).archive}/config`)) throw archiveThere(name)
  // They may be all that is left of a host that lost its disk but for the engine's, and are newer than any copy.
  const volumes = arrival ? [] : await tools.engine.listVolumes(`${APPLIANCE_LABEL}=${name}`)
  if (volumes.length > 0) throw volumesThere(name, volumes)
  const steps: Timed[] = []
  const timed = stepper(tools, steps)
  await mkdir(backupFolder(name).root, { recursive: true, mode: 0o711 })
  const nucleus = nucleusOf(name, release)
  await timed('Load the images of the release', () => loadImages(order, tools))
  const stack = parseStack(release.stackFiles)
  if (!earlier.state)
    await bring(order, nucleus, stack, arrival, { ...tools, timed, record: (more) => steps.push(...more) })
  const underWay = (await readArrival(name)) as Arrival
  const { state, wanted } = await readEarlier(name)
  const installation = planInstallation(release, stack, wanted as WantedRecord, { state, wanted })
  steps.push(...(await carryOut(installation, release, { state, wanted }, tools)))
  const seconds = (performance.now() - began) / 1000
  const source = { source: { run: underWay.run, instant: null } }
  await tellAgent({ name, blueprint: installation.blueprint }, source, underWay.at, seconds, tools.say)
  await forgetArrival(name)
  return {
    run: underWay.run,
    at: underWay.at,
    url: installation.blueprint.url,
    wanted: wanted as WantedRecord,
    steps,
    seconds,
  }
}

type Timing = <T>(title: string, work: (say: (text: string) => void) => Promise<T>) => Promise<T>

function stepper({ stage, signal }: NewHostTools, steps: Timed[]): Timing {
  return async <T>(title: string, work: (say: (text: string) => void) => Promise<T>): Promise<T> => {
    signal.throwIfAborted()
    const began = performance.now()
    const results: T[] = []
    await stage.show({ title }, async (say) => void results.push(await work(say)))
    steps.push({ title, seconds: (performance.now() - began) / 1000 })
    return results[0] as T
  }
}

/** All that there is before the installation: keys to get at the copy, state, archive, volumes; the record comes last. */
async function bring(
  order: NewHostOrder,
  nucleus: Nucleus,
  stack: Stack,
  earlier: Arrival | undefined,
  tools: NewHostTools & { readonly timed: Timing; readonly record: (steps: readonly Timed[]) => void },
): Promise<void> {
  const { name, url, sheet, release, choices } = order
  const { timed, now } = tools
  const reached = await timed('Reach the second copy', () => reach(nucleus, url, sheet, tools))
  const chosen = await timed('Find the snapshot', () =>
    withTarget(nucleus, reached.access, { readOnly: true }, tools, (copy) =>
      choose(copy, earlier?.run ?? order.snapshot),
    ),
  )
  const { run, manifest } = chosen
  refuseOtherName(name, manifest.appliance)
  requireRelease(chosen, release)
  if (!earlier) await tools.agree(chosen)
  requireSpace(forecast(manifest, []), await freeBytes())
  const arrival = { format: 1, run: run.run, at: manifest.at, from: url, beganAt: now().toISOString() } as const
  await writeArrival(name, earlier ?? arrival)
  await timed('Bring settings, secrets and licence', () => bringState(nucleus, reached.access, run, tools))
  const found = await wantedHere(name, choices, tools.engine)
  const accepted = await tools.judge(found, stack)
  const wanted = { ...found, accepted: [...accepted] }
  const snapshot = await timed('Copy the snapshot into an archive of this host', () =>
    copyHome(nucleus, reached, chosen, tools),
  )
  const installation = planInstallation(release, stack, wanted, { wanted, state: undefined })
  const place: Appliance = { ...nucleus, wanted, stack, blueprint: installation.blueprint, engine: tools.engine }
  tools.record(await fillVolumes(place, snapshot, chosen, tools))
  await forgetRestore(name)
  if (!reached.isArchive) await keepTarget(name, reached, chosen, now())
  await writeDurably(stateFile({ ...installation.state, status: 'kept', host: measureHost() }))
}

async function loadImages({ name, release }: NewHostOrder, { engine, signal }: NewHostTools): Promise<void> {
  const { images } = engineHandlers(engine, async () => release.openImages(), await imagesOfOthers(name))
  await images.run({ kind: 'images', images: release.manifest.images }, { say: () => undefined, signal })
}

function nucleusOf(name: string, { manifest, trust }: OpenRelease): Nucleus {
  const { title, version, date, sequence } = manifest
  const state: StateRecord = {
    ...{ format: 1, name, status: 'installing', overKeptData: false, trust, host: measureHost() },
    release: { name: manifest.name, title, version, date, sequence },
    images: manifest.images.map(({ role, reference, digest, layers }) => ({ role, reference, digest, layers })),
    ...{ volumes: {}, installedAt: null },
  }
  return { name, state }
}

/** With it the ordinary ways of restoring work, and what comes next finds its data there. What has arrived is not fetched twice. */
async function copyHome(
  nucleus: Nucleus,
  { access }: Reached,
  { run }: Chosen,
  tools: NewHostTools,
): Promise<Snapshot> {
  const { archive, cache } = backupFolder(nucleus.name)
  for (const path of [archive, `${cache}/archive`]) await mkdir(path, { recursive: true, mode: 0o700 })
  return withTarget(nucleus, access, { withSource: true, readOnly: true }, tools, async (_, room, place) => {
    const home = new Archive(room, { ...OWN_ARCHIVE, options: place.options ?? [] })
    await home.ensure(place)
    await home.unlock()
    await home.copyFrom(place, [run.parts.database, run.parts.files])
    await home.copyFrom(place, [run.parts.manifest])
    const snapshot = await asHere(home, run.run)
    await writeCatalogue(nucleus.name, [snapshot])
    return snapshot
  })
}

/** Into the volumes that the installation will take up, and compared with what the snapshot says of itself. */
function fillVolumes(
  place: Appliance,
  snapshot: Snapshot,
  { manifest }: Chosen,
  tools: NewHostTools,
): Promise<Timed[]> {
  const keys = ['postgres', ...place.stack.manifest.documents.map(({ volume }) => volume)]
  const volumes = Object.fromEntries(
    place.blueprint.volumes.filter(({ key }) => keys.includes(key)).map(({ key, name }) => [key, name]),
  )
  const at = tools.now()
  const restore: Restore = {
    ...{ format: 1, id: runIdAt(at, '000000'), source: { run: snapshot.run, instant: null }, at: manifest.at },
    ...{
      phase: 'beside',
      before: {},
      after: volumes,
      settings: null,
      preRestore: null,
      beganAt: at.toISOString(),
      switchedAt: null,
    },
  }
  const restored = { snapshot, manifest, instant: null, volumes, running: {} }
  return fillBeside(place, restore, restored, fillFromSnapshot(place, snapshot), tools)
}

/** The copy that it came from is its second copy on this host, too: the next night goes on with it. */
async function keepTarget(
  appliance: string,
  { name, url, hostKey }: Reached,
  chosen: Chosen,
  now: Date,
): Promise<void> {
  const last = { run: chosen.run.run, at: chosen.manifest.at }
  await writeTargetState(appliance, name, { ...NEW_TARGET_STATE, begun: [''], last })
  await writeTarget(appliance, {
    ...{ format: 1, name, url, labels: [], limitKiB: null, hostKey, addedAt: now.toISOString() },
  })
}

async function freeBytes(): Promise<number> {
  const { bsize, bavail } = await statfs(LIB)
  return bavail * bsize
}

function refuseOtherName(name: string, was: string): void {
  if (name === was) return
  throw new BackupRefusal(`The snapshot is of the appliance “${was}”, and this is to be “${name}”.`, {
    code: 'APPLIANCE_OTHER',
    hint: `It keeps its name: --name ${was}`,
  })
}

const taken = (name: string, { status }: StateRecord) =>
  new BackupRefusal(
    `This host has an appliance “${name}” already${status === 'kept' ? ', of which the data was kept' : ''}.`,
    {
      code: 'NEW_HOST_TAKEN',
      hint: `Nothing was changed. To put its data back: domicile restore --latest --name ${name}. To start over: domicile uninstall --name ${name}`,
    },
  )

const archiveThere = (name: string) =>
  new BackupRefusal(`This host has backups of an appliance “${name}”, which an uninstall left.`, {
    code: 'NEW_HOST_TAKEN',
    hint: `Nothing was changed. An installation under that name finds them again: domicile install RELEASE --name ${name}. To be rid of them: domicile uninstall --name ${name} --remove-backups`,
  })

const volumesThere = (name: string, volumes: readonly string[]) =>
  new BackupRefusal(`This host has data of an appliance “${name}”: ${volumes.join(', ')}.`, {
    code: 'NEW_HOST_TAKEN',
    hint: `Nothing was changed; it may be newer than any copy. When nobody needs it: domicile uninstall --name ${name}, then run this again.`,
  })
