import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'

export default class MaintenanceCancel extends ApplianceCommand {
  static override summary = 'Take back an announced maintenance.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(MaintenanceCancel)
    const { name, blueprint } = await openAppliance(flags.name)
    const agent = agentOf(blueprint.layout.lib)
    const { maintenance } = await agent.call('licence-show', {})
    if (!maintenance) {
      this.log('Nothing is announced.')
      return { changed: false }
    }
    await change(name, 'maintenance cancel', () => agent.call('maintenance-set', { maintenance: null }))
    this.log('Taken back. The bar is gone within a minute.')
    return { changed: true }
  }
}
