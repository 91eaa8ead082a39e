import { requireRoot } from '../../appliance/appliance.ts'
import { resolveName } from '../../appliance/records.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { hostOperations } from '../../helper/operations.ts'
import { serveHelper } from '../../helper/serve.ts'

export default class HelperServe extends ApplianceCommand {
  static override summary = 'Make backups when the appliance’s agent asks for them; systemd starts this by itself.'
  static override description =
    'Listens on a Unix socket that only the agent and root reach. `install` sets it up where systemd runs; elsewhere, have whatever starts services start it.'
  static override examples = ['<%= config.bin %> <%= command.id %> --name erp']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(HelperServe)
    requireRoot()
    const appliance = await resolveName(flags.name)
    const { signal } = this
    await serveHelper({
      ...{ appliance, signal, version: this.config.version, operations: hostOperations(appliance) },
      log: (event, fields = {}) => this.say(JSON.stringify({ time: new Date().toISOString(), event, ...fields })),
    })
    return { changed: false, steps: [] }
  }
}
