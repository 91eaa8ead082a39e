import { splitDocuments } from '@domicile/license/document'
import { Args, Flags } from '@oclif/core'
import { openAppliance } from '../../appliance/appliance.ts'
import { change } from '../../appliance/change.ts'
import { ApplianceCommand, nameFlag } from '../../appliance-command.ts'
import { agentOf } from '../../facts/running.ts'
import { readGiven } from '../../given-file.ts'
import { licenceDocument, standingLines } from '../../license/licence-text.ts'

export default class LicenseApply extends ApplianceCommand {
  static override summary = 'Take over a licence, a renewal, a receipt or another document that the vendor signed.'
  static override description =
    'Works in every standing. All documents of the file are verified first; when one is refused, nothing changes and what was in force stays so.'
  static override examples = ['<%= config.bin %> <%= command.id %> licence.lic']
  static override args = {
    file: Args.string({ description: 'file with one or more signed documents', required: true }),
  }
  static override flags = {
    name: nameFlag,
    replace: Flags.boolean({ summary: 'let the licence of another contract take the place of the one held' }),
  }

  async run() {
    const { args, flags } = await this.parse(LicenseApply)
    const { name, blueprint } = await openAppliance(flags.name)
    const text = await readGiven(args.file)
    // A file that holds no document, or is far too large for one, need not bother the agent.
    splitDocuments(text)
    const agent = agentOf(blueprint.layout.lib)
    const { items, licence } = await change(name, 'license apply', () =>
      agent.call('licence-import', { text, replace: flags.replace }),
    )
    for (const { document, jti, changed, warnings } of items) {
      this.log(`${document} ${jti}: ${changed ? 'in force' : 'was in force already'}`)
      for (const warning of warnings) this.say(`Warning: ${warning}`)
    }
    this.log(standingLines(licence).join('\n'))
    return { changed: items.some(({ changed }) => changed), items, ...licenceDocument(licence) }
  }
}
