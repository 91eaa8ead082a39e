import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'

export default class TlsRoot extends ApplianceCommand {
  static override summary = 'Print the root certificate of the internal CA, for browsers and systems to trust.'
  static override examples = ['<%= config.bin %> <%= command.id %> > root.pem']
  static override flags = { name: nameFlag }

  async run() {
    const { flags } = await this.parse(TlsRoot)
    const { blueprint } = await openAppliance(flags.name)
    const { pem, fingerprint } = await agentOf(blueprint.layout.lib).call('tls-root', {})
    this.log(pem.trimEnd())
    this.say(`SHA-256 fingerprint: ${fingerprint}`)
    return { pem, fingerprint }
  }
}
