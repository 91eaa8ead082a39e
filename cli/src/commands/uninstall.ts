import { Flags } from '@oclif/core'
import { requireRoot } from '../appliance/appliance.ts'
import { appendToTrail } from '../appliance/audit-trail.ts'
import { withLock } from '../appliance/lock.ts'
import { readState } from '../appliance/records.ts'
import { remove, resolveRemains, takeInventory } from '../appliance/remove.ts'
import { ApplianceCommand, dryRunFlag, nameFlag, yesFlag } from '../appliance-command.ts'
import { DockerEngine } from '../engine/docker-engine.ts'

export default class Uninstall extends ApplianceCommand {
  static override summary = 'Remove the appliance from this host, with its data or without.'
  static override description =
    'Removes every container, network, volume, image and file that the installation made; also what an interrupted installation left.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --keep-data']
  static override flags = {
    name: nameFlag,
    yes: yesFlag,
    'dry-run': dryRunFlag,
    'keep-data': Flags.boolean({ summary: 'leave the volumes and their secrets; a later install takes them up' }),
  }

  async run() {
    const { flags } = await this.parse(Uninstall)
    requireRoot()
    const engine = new DockerEngine()
    const name = await resolveRemains(flags.name, engine)
    return withLock(name, 'uninstall', async () => {
      const keep = flags['keep-data']
      // A damaged record must not keep an appliance on a host; only data that is kept needs it whole.
      const state = await readState(name).catch((error) => {
        if (keep) throw error
        return undefined
      })
      const inventory = await takeInventory(name, state, engine)
      const items = [
        ...inventory.containers.map((container) => `container ${container}`),
        ...inventory.networks.map((network) => `network ${network}`),
        ...(keep ? [] : inventory.volumes.map((volume) => `volume ${volume}`)),
        ...inventory.images.map((image) => `image ${image}`),
        `/etc/domicile/${name}${keep ? ' (settings stay)' : ''}`,
        `/var/lib/domicile/${name}${keep ? ' (secrets, state and audit trail stay)' : ''}`,
      ]
      if (flags['dry-run']) {
        this.log(items.join('\n'))
        return { changed: false, items, steps: [] }
      }
      this.say(`Will be removed:\n  ${items.join('\n  ')}`)
      const warning = keep
        ? `“${name}” will be removed; its data stays.`
        : `“${name}” and ALL ITS DATA will be removed. There is no way back.`
      await this.confirmByName(warning, name, flags.yes)
      appendToTrail(name, {
        at: new Date().toISOString(),
        what: `uninstall${keep ? ' --keep-data' : ''}`,
        event: 'begin',
      })
      await remove(name, inventory, engine, keep, (text) => this.say(text))
      if (keep)
        appendToTrail(name, {
          at: new Date().toISOString(),
          what: 'uninstall --keep-data',
          event: 'end',
          result: 'done',
          exitCode: 0,
        })
      this.log(
        keep
          ? `“${name}” is removed; its data waits for the next install.`
          : `“${name}” is removed; nothing of it is left.`,
      )
      return { changed: true, items, steps: [] }
    })
  }
}
