import { Flags } from '@oclif/core'
import { requireRoot } from '../appliance/appliance.ts'
import { appendToTrail } from '../appliance/audit-trail.ts'
import { withLock } from '../appliance/lock.ts'
import { isLeftOver, readState } from '../appliance/records.ts'
import { type Inventory, type Kept, remove, resolveRemains, takeInventory } from '../appliance/remove.ts'
import { ApplianceCommand, dryRunFlag, nameFlag, yesFlag } from '../appliance-command.ts'
import { backupFolder } from '../backup/folder.ts'
import { hasBackups } from '../backup/kept.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import { helperFiles } from '../helper/systemd.ts'

export default class Uninstall extends ApplianceCommand {
  static override summary = 'Remove the appliance from this host, with its data or without.'
  static override description =
    'Removes every container, network, volume, image and file that the installation made; also what an interrupted installation left. Backups stay unless you say otherwise.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --keep-data']
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    'dry-run': dryRunFlag,
    'keep-data': Flags.boolean({
      summary: 'leave the volumes and their secrets; a later install takes them up',
      exclusive: ['remove-backups'],
    }),
    'remove-backups': Flags.boolean({ summary: 'remove what was backed up on this host as well' }),
  }

  async run() {
    const { flags } = await this.parse(Uninstall)
    requireRoot()
    const engine = new DockerEngine()
    const name = await resolveRemains(flags.name, engine)
    const kept: Kept = flags['keep-data'] ? 'data' : flags['remove-backups'] ? 'nothing' : 'backups'
    return withLock(name, 'uninstall', () => this.#remove(name, kept, engine, flags))
  }

  async #remove(name: string, kept: Kept, engine: DockerEngine, flags: { yes: boolean; 'dry-run': boolean }) {
    // A damaged record must not keep an appliance on a host; only data that is kept needs it whole.
    const state = await readState(name).catch((error) => {
      if (kept === 'data') throw error
      return undefined
    })
    const inventory = await takeInventory(name, state, engine)
    const backups = await hasBackups(name)
    if (kept === 'backups' && backups && nothingElse(name, inventory)) {
      this.log(`Nothing to do: only the backups of “${name}” are here. ${whereBackups(name)}`)
      return { changed: false, items: [], steps: [] }
    }
    const items = itemsOf(name, inventory, kept, backups)
    if (flags['dry-run']) {
      this.log(items.join('\n'))
      return { changed: false, items, steps: [] }
    }
    this.say(`Will be removed:\n  ${items.join('\n  ')}`)
    if (backups && kept === 'backups') this.say(`The backups stay. ${whereBackups(name)}`)
    await this.confirmByName(warningOf(name, kept, backups), name, flags.yes)
    const what = `uninstall${kept === 'data' ? ' --keep-data' : kept === 'nothing' ? ' --remove-backups' : ''}`
    const line = () => ({ at: new Date().toISOString(), what })
    appendToTrail(name, { ...line(), event: 'begin' })
    await remove(name, inventory, engine, kept, (text) => this.say(text))
    if (kept === 'data') appendToTrail(name, { ...line(), event: 'end', result: 'done', exitCode: 0 })
    this.log(endOf(name, kept, backups))
    return { changed: true, items, steps: [] }
  }
}

const nothingElse = (name: string, { containers, networks, volumes }: Inventory) =>
  [...containers, ...networks, ...volumes].length === 0 && isLeftOver(name)

function itemsOf(name: string, inventory: Inventory, kept: Kept, backups: boolean): string[] {
  const stays = kept === 'data' ? 'secrets, state, audit trail and backups stay' : 'the backups and their keys stay'
  return [
    ...inventory.containers.map((container) => `container ${container}`),
    ...inventory.networks.map((network) => `network ${network}`),
    ...(kept === 'data' ? [] : inventory.volumes.map((volume) => `volume ${volume}`)),
    ...inventory.images.map((image) => `image ${image}`),
    ...helperFiles(name),
    `/etc/domicile/${name}${kept === 'data' ? ' (settings stay)' : ''}`,
    `/var/lib/domicile/${name}${kept === 'data' || (backups && kept === 'backups') ? ` (${stays})` : ''}`,
    ...(backups && kept === 'nothing' ? [`ALL BACKUPS on this host in ${backupFolder(name).root}`] : []),
  ]
}

function warningOf(name: string, kept: Kept, backups: boolean): string {
  if (kept === 'data') return `“${name}” will be removed; its data stays.`
  if (!backups) return `“${name}” and ALL ITS DATA will be removed. There is no way back.`
  return kept === 'backups'
    ? `“${name}” and ALL ITS DATA will be removed. What was backed up stays.`
    : `“${name}”, ALL ITS DATA and ALL ITS BACKUPS on this host will be removed. There is no way back, unless there are copies elsewhere.`
}

function endOf(name: string, kept: Kept, backups: boolean): string {
  if (kept === 'data') return `“${name}” is removed; its data waits for the next install.`
  return kept === 'backups' && backups
    ? `“${name}” is removed. Its backups are still here. ${whereBackups(name)}`
    : `“${name}” is removed; nothing of it is left.`
}

function whereBackups(name: string): string {
  const { root, archiveKey, pointInTimeKey } = backupFolder(name)
  return `They are in ${root}, the keys to them in ${archiveKey} and ${pointInTimeKey}. An installation under the same name finds them again; \`domicile uninstall --name ${name} --remove-backups\` removes them.`
}
