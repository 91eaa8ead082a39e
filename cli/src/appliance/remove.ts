import { type Engine, writeDurably } from '@domicile/stacks/apply'
import { APPLIANCE_LABEL, layoutOf } from '@domicile/stacks/plan'
import { withBackupLock } from '../backup/lock.ts'
import { removeHelper } from '../helper/systemd.ts'
import { removeBut, removeButBackups, removeFolders } from './folders.ts'
import { imagesToRemove } from './images.ts'
import { applianceNames, readState, resolveName, type StateRecord, stateFile } from './records.ts'

/** What of an appliance is on this host, found by its labels and records, whether its installation ended or not. */
export interface Inventory {
  readonly containers: readonly string[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  /** Image references that came with this appliance and that no other one uses. */
  readonly images: readonly string[]
}

/**
 * As `resolveName`, but a name that is given also counts when only the engine still knows it: whoever lost the records
 * must not be left with containers that nobody can remove.
 */
export async function resolveRemains(name: string | undefined, engine: Engine): Promise<string> {
  if (name === undefined || (await applianceNames()).includes(name)) return resolveName(name)
  const { containers, networks, volumes } = await takeInventory(name, undefined, engine)
  return [...containers, ...networks, ...volumes].length > 0 ? name : resolveName(name)
}

export async function takeInventory(name: string, state: StateRecord | undefined, engine: Engine): Promise<Inventory> {
  const label = `${APPLIANCE_LABEL}=${name}`
  return {
    containers: (await engine.listContainers(label)).map((container) => container.name),
    networks: await engine.listNetworks(label),
    volumes: await engine.listVolumes(label),
    images: await imagesToRemove(name, state, engine),
  }
}

/**
 * What stays of an appliance that is removed. `data`: volumes, the secrets that belong to them, records and backups, and a
 * later `install` takes them up; `backups`: what was backed up, with the keys to read it.
 */
export type Kept = 'data' | 'backups' | 'nothing'

/**
 * Removes the rest; safe to run again at any point.
 * @throws UserError LOCKED (8) while a person backs it up or restores it
 */
export async function remove(
  name: string,
  inventory: Inventory,
  engine: Engine,
  kept: Kept,
  say: (text: string) => void,
): Promise<void> {
  // Before anything else: nobody shall begin a backup of what goes, and one that the helper is at work on ends.
  if (await removeHelper(name)) say('removed the helper’s units')
  await withBackupLock(name, 'uninstall', () => removeAll(name, inventory, engine, kept, say))
}

async function removeAll(
  name: string,
  inventory: Inventory,
  engine: Engine,
  kept: Kept,
  say: (text: string) => void,
): Promise<void> {
  for (const container of inventory.containers) {
    await engine.removeContainer(container)
    say(`removed container ${container}`)
  }
  for (const network of inventory.networks) {
    await engine.removeNetwork(network)
    say(`removed network ${network}`)
  }
  for (const volume of kept === 'data' ? [] : inventory.volumes) {
    await engine.removeVolume(volume)
    say(`removed volume ${volume}`)
  }
  for (const image of inventory.images) {
    if (await engine.removeImage(image)) say(`removed image ${image}`)
  }
  if (kept === 'data') await keepRecords(name)
  else if (kept === 'backups') await removeButBackups(name)
  else await removeFolders(name)
}

const KEPT = ['secrets', 'state.json', 'restore.json', 'audit.jsonl', 'backup']

async function keepRecords(name: string): Promise<void> {
  const { lib } = layoutOf(name)
  const state = await readState(name)
  if (state) await writeDurably(stateFile({ ...state, status: 'kept' }))
  await removeBut(lib, KEPT)
}
