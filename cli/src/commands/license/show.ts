import { Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'
import { licenceDocument, licenceText } from '../../license/licence-text.ts'

export default class LicenseShow extends ApplianceCommand {
  static override summary = 'Everything the licence says and what follows from it, in plain words.'
  static override description =
    'Who may use what, until when, what is used now, how the appliance stands with its contract and what happens next. Notices that are due count as shown to an administrator.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = {
    name: nameFlag,
    terms: Flags.boolean({ summary: 'print the terms of the contract, word for word, and nothing else' }),
  }

  async run() {
    const { flags } = await this.parse(LicenseShow)
    const { blueprint } = await openAppliance(flags.name)
    const agent = agentOf(blueprint.layout.lib)
    const status = await agent.call('licence-show', {})
    if (flags.terms) {
      this.log(status.licence?.terms.text ?? 'There is no licence, so no terms hold.')
      return { terms: status.licence?.terms ?? null }
    }
    this.log(licenceText(status))
    // A machine that asks every minute has shown nothing to anybody.
    const keys = status.standing.effects.notices.map(({ key }) => key)
    if (keys.length > 0 && !this.jsonEnabled()) await agent.call('licence-shown', { keys })
    return licenceDocument(status)
  }
}
