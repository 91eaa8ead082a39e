import { Args } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { changeWanted } from '../../appliance/mend.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'
import { readGiven } from '../../given-file.ts'
import { stage } from '../../screen/stage.ts'

export default class TlsSet extends ApplianceCommand {
  static override summary = 'Use your own certificate and key.'
  static override description =
    'Checked before it is taken: key, chain, names, dates. A pair that is refused leaves the old one serving.'
  static override examples = ['<%= config.bin %> <%= command.id %> fullchain.pem privkey.pem']
  static override args = {
    certificate: Args.string({ description: 'PEM file: your certificate, then its intermediates', required: true }),
    key: Args.string({ description: 'PEM file: the private key, without a password', required: true }),
  }
  static override flags = { name: nameFlag }

  async run() {
    const { args, flags } = await this.parse(TlsSet)
    const appliance = await openAppliance(flags.name)
    const [certificate, key] = [await readGiven(args.certificate), await readGiven(args.key)]
    const agent = agentOf(appliance.blueprint.layout.lib)
    const tools = { stage: stage(this.jsonEnabled()), signal: this.signal }
    const tls = await change(appliance.name, 'tls set', async () => {
      const taken = await agent.call('tls-set', { certificate, key })
      // What is wanted follows, and an agent that had a way out for ACME loses it.
      await changeWanted(appliance, { ...appliance.wanted, tls: { mode: 'provided' } }, tools)
      return taken
    })
    this.log(`Serving your certificate for ${tls.names.join(', ')}, until ${tls.notAfter.slice(0, 10)}.`)
    for (const { message, hint } of tls.warnings) this.say(`${message} ${hint}`)
    return { changed: true, tls, steps: [] }
  }
}
