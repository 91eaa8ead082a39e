import { writeFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import { collectAcceptance } from '../acceptance/collect.ts'
import { renderAcceptance } from '../acceptance/render.ts'
import { openAppliance } from '../appliance/appliance.ts'
import { ApplianceCommand, nameFlag } from '../appliance-command.ts'

export default class Acceptance extends ApplianceCommand {
  static override summary = 'Write the handover record that the customer signs before first production use.'
  static override description =
    'Every line is a measured fact: versions, settings without secrets, addresses, check results (contract clause 6.12.1).'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --out acceptance.html',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    name: nameFlag,
    out: Flags.string({ char: 'o', summary: 'HTML file to write', default: 'acceptance.html', helpValue: 'FILE' }),
  }

  async run() {
    const { flags } = await this.parse(Acceptance)
    const record = await collectAcceptance(await openAppliance(flags.name), new Date(), this.config.version)
    if (!this.jsonEnabled()) {
      await writeFile(flags.out, renderAcceptance(record))
      this.log(`Written: ${flags.out}. Print it, let both sides sign, keep it with the contract.`)
    }
    return record
  }
}
