import { Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'

export default class TlsRenew extends ApplianceCommand {
  static override summary = 'Renew the certificate now, before it is due.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = {
    name: nameFlag,
    root: Flags.boolean({ summary: 'make a new internal root too; every browser must then be told of it' }),
  }

  async run() {
    const { flags } = await this.parse(TlsRenew)
    const appliance = await openAppliance(flags.name)
    const tls = await change(appliance.name, 'tls renew', () =>
      agentOf(appliance.blueprint.layout.lib).call('tls-renew', { root: flags.root }),
    )
    this.log(
      `Valid from ${tls.notBefore.slice(0, 10)} until ${tls.notAfter.slice(0, 10)}, for ${tls.names.join(', ')}.`,
    )
    return { changed: true, tls, steps: [] }
  }
}
